"""The container files, as far as they can be read without a container engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def ignored(name: str) -> bool:
    """Whether a path of the context is left out; the last rule that matches decides."""
    out = False
    rules = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    for rule in rules:
        path = rule.removeprefix("!")
        if path == "*" or name == path or name.startswith(path + "/"):
            out = not rule.startswith("!")
    return out


def test_there_are_the_services_of_the_original() -> None:
    services = compose()["services"]
    assert set(services) == {"samurai", "samurai-gpu"}
    assert services["samurai-gpu"]["profiles"] == ["gpu"]
    assert services["samurai"]["environment"]["SAMURAI_DEVICE"] == "cpu"
    for service in services.values():
        assert service["ports"] == ["127.0.0.1:8000:8000"]
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert service["read_only"]


def test_volumes_are_declared_and_the_folders_of_the_settings() -> None:
    loaded = compose()
    for service in loaded["services"].values():
        mounts = dict(volume.split(":") for volume in service["volumes"])
        assert set(mounts) <= set(loaded["volumes"])
        assert set(mounts.values()) == {"/data", "/checkpoints"}
    assert "SAMURAI_CHECKPOINTS=/checkpoints" in DOCKERFILE
    assert "SAMURAI_DATA_PATH=/data/uploads" in DOCKERFILE


def test_the_last_stage_is_unprivileged_and_has_no_compiler() -> None:
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert re.search(r"^USER \d+$", last, re.MULTILINE)
    assert "apt-get" not in DOCKERFILE and "pip install" not in last
    assert "HEALTHCHECK" in last and "curl" not in last


def test_what_the_wheel_needs_is_in_the_context() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    named = {name for line in copied for name in line.split()} - {"."}
    needed = {"setup.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE", "trackers.ini"}
    for name in named | needed | {"sam2/samurai/tracker.py", "checkpoints/nano.safetensors"}:
        assert (ROOT / name).exists() and not ignored(name), name
    for name in (".git", ".venv", "tests", "vot_workspace/results", "vot_workspace/hard/list.txt"):
        assert ignored(name), name
