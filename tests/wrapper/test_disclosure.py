"""What a section of trackers.ini tells the world, and what it may tell."""

from __future__ import annotations

import configparser
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from vot_wrapper.submission.secret_scan import find_secrets

HOME = Path("/srv/people/ann")
ROOT = Path(__file__).parents[2]
SECRETS = ["HF_TOKEN", "WANDB_API_KEY", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "APIKEY", "KEY"]
SECRETS += ["PASSWD", "MY_SECRET", "GITHUB_TOKENS", "AWS_ACCESS_KEY_ID", "COOKIE"]


def grave(**settings: str) -> list[str]:
    return [p.what for p in find_secrets({"env": settings}, "here", HOME) if not p.warning]


def warned(**settings: str) -> list[str]:
    return [p.what for p in find_secrets({"env": settings}, "here", HOME) if p.warning]


@settings(deadline=None)
@given(
    name=st.sampled_from(SECRETS),
    value=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=6),
)
def test_a_name_of_a_secret_is_a_problem_that_does_not_repeat_the_value(
    name: str, value: str
) -> None:
    (problem,) = find_secrets({"env": {name: f"x{value}"}}, "here", HOME)
    assert not problem.warning
    assert f"env_{name}" in problem.what
    assert f"x{value}" not in problem.what.replace(name, "")


def test_a_value_that_looks_like_a_credential_is_a_problem() -> None:
    for value in (
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "hf_abcdefghijklmnopqrstuv",
        "sk-abcdefghijklmnop1234",
        "glpat-abcdefghijklmnop",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "https://ann:hunter2@example.org/repository",
        "-----BEGIN RSA PRIVATE KEY-----",
    ):
        (what,) = grave(HARMLESS=value)
        assert value not in what
        assert find_secrets({"command": f"run --with {value}"}, "here", HOME)


def test_a_long_random_value_is_a_warning() -> None:
    (what,) = warned(REVISION="a1b2c3d4e5f60718293a4b5c6d7e8f901a2b3c4d")
    assert "random" in what and "a1b2" not in what


def test_a_home_directory_is_a_problem_wherever_it_stands() -> None:
    for value in (
        "/srv/people/ann/weights", "/home/ann/weights", "/Users/ann", "/root/x", "~/weights",
        "~ann/weights", "C:\\Users\\ann\\weights", ".:/home/ann/lib", "--weights=/home/ann/w.pt",
        "['/home/ann']",
    ):  # fmt: skip
        (what,) = grave(WEIGHTS=value)
        assert "home directory" in what and value in what
        for key in ("python", "paths", "command", "label"):
            (problem,) = find_secrets({key: value}, "here", HOME)
            assert not problem.warning and key in problem.what


def test_another_absolute_path_is_a_warning() -> None:
    for value in ("/opt/cuda/lib", "/srv/people/anna/x", ".:/data/x", "D:\\x"):
        assert grave(WEIGHTS=value) == []
        assert len(warned(WEIGHTS=value)) == 1


def test_plain_values_are_fine() -> None:
    for value in (
        "nano", "cuda:1", ".:sam2", "", "https://example.org/home/ann", "a/home/b", "0.25", "true",
        "a-long-name-with-many-words-and-one-number-1",
    ):  # fmt: skip
        assert find_secrets({"env": {"SETTING": value}, "paths": value}, "here", HOME) == []


def test_switches_and_other_words_are_fine() -> None:
    switches = {"TOKENIZERS_PARALLELISM": "false", "MONKEYS": "3", "USE_AUTH": "0", "KEY": ""}
    assert find_secrets({"env": switches}, "here", HOME) == []


def test_our_own_sections_tell_nothing() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "trackers.ini")
    for section in parser.sections():
        assert find_secrets(dict(parser[section]), section, Path("/home/somebody")) == []
