from __future__ import annotations

from pathlib import Path

import pytest

from samurai.config.settings import settings_of
from samurai.errors import ConfigurationError
from vot_wrapper.settings import Settings, given_variables, read_settings, unknown_variables
from vot_wrapper.trax.process import REASON_LENGTH, reason_line


def test_nothing_set_means_the_defaults() -> None:
    assert read_settings({"PATH": "/bin", "SAMURAI_MODEL": "", "SAMURAI_LOG": " "}) == Settings()


def test_settings_are_words_and_no_python() -> None:
    text = str(Settings(model="large"))
    assert text.startswith("model=large policy=samurai device=auto") and "log" not in text
    assert str(Settings(log=Path("/tmp/a.log"))).endswith("objects=simultaneous log=/tmp/a.log")


def test_what_is_given_is_what_is_read_and_not_empty() -> None:
    environ = {"SAMURAI_SPEED": " fast ", "SAMURAI_MODEL": "", "SAMURAI_GOLDENS": "1", "A": "b"}
    assert given_variables({**environ, "SAMURAI_RAFT": "/w"}) == {
        "SAMURAI_SPEED": "fast",
        "SAMURAI_RAFT": "/w",
    }


def test_every_setting_is_read(tmp_path: Path) -> None:
    chosen = Settings(
        model="large",
        policy="sam2",
        device="cuda:1",
        dtype="bfloat16",
        speed="fast",
        box_prompt="points",
        window=3.0,
        motion_weight=0.1,
        conditioning_frames=6,
        memory_check=True,
        memory_overlap=False,
        init="box",
        output="mask",
        objects="sequential",
        overlap=False,
        points="cotracker",
        flow="raft",
        log=tmp_path / "samurai.log",
    )
    environ = {f"SAMURAI_{name.upper()}": text for name, text in chosen.texts().items()}
    assert environ["SAMURAI_OVERLAP"] == "none" and environ["SAMURAI_WINDOW"] == "3.0"
    assert read_settings(environ) == chosen
    plain = Settings()
    names = {each.variable.removeprefix("SAMURAI_").lower() for each in settings_of(Settings)}
    same = {name for name in names if getattr(chosen, name) == getattr(plain, name)}
    assert same == {"offline"}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("SAMURAI_MODEL", "huge", "nano, tiny, small, base_plus, large"),
        ("SAMURAI_MODEL", "base-plus", "did you mean base_plus?"),
        ("SAMURAI_POLICY", "sam4", "sam2, samurai, dam"),
        ("SAMURAI_DEVICE", "gpu", "auto, cpu, cuda, mps, or cuda:<number>"),
        ("SAMURAI_DEVICE", "cuda:", "auto, cpu, cuda, mps, or cuda:<number>"),
        ("SAMURAI_DTYPE", "half", "auto, float32, bfloat16, float16"),
        ("SAMURAI_OUTPUT", "polygon", "auto, mask, rectangle"),
        ("SAMURAI_OVERLAP", "no", "allowed, none"),
        ("SAMURAI_WINDOW", "0.5", "whole, or a number from 1"),
        ("SAMURAI_MOTION_WEIGHT", "nan", "must be a number from 0 to 1"),
        ("SAMURAI_POLICY", "samurai:weight=1", "it has motion_weight, stable_frames"),
        ("SAMURAI_OFFLINE", "yes", "TraX requires an answer to every frame"),
        ("SAMURAI_MODEL", "mine.toml", "must be an absolute path"),
    ],
)
def test_an_unknown_value_lists_the_allowed_ones(name: str, value: str, allowed: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings({name: value})
    assert f"{name}={value} " in str(caught.value)
    assert allowed in str(caught.value)


def test_the_log_must_be_an_absolute_path_in_a_folder_that_is_there(tmp_path: Path) -> None:
    for value in ("samurai.log", str(tmp_path), str(tmp_path / "missing" / "samurai.log")):
        with pytest.raises(ConfigurationError, match="SAMURAI_LOG"):
            read_settings({"SAMURAI_LOG": value})
    home = read_settings({"SAMURAI_LOG": "~/samurai.log"}).log
    assert home == Path.home() / "samurai.log"


def test_variables_that_nobody_reads_are_reported() -> None:
    environ = {"SAMURAI_MODEL": "nano", "SAMURAI_CHECKPOINTS": "/x", "SAMURAI_POLICE": "sam2"}
    [warning] = unknown_variables(environ)
    assert warning.startswith("SAMURAI_POLICE is not a setting")
    assert "did you mean SAMURAI_POLICY?" in warning


def test_reasons_are_one_short_line_of_ascii() -> None:
    reason = reason_line(ValueError("two\nlines\tand \u00e9 \x07 " + "long " * 1000))
    assert REASON_LENGTH - 4 <= len(reason) <= REASON_LENGTH
    assert reason.startswith(r"ValueError: two lines and \xe9 ? long")
    assert reason.isascii() and reason.isprintable()
