"""What is wrong in sections of trackers.ini is known before a tracker starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from samurai.errors import ConfigurationError
from vot_wrapper.settings import misspelt, refuse_misspelt, unknown_variables, variable_names
from vot_wrapper.toolkit import checks
from vot_wrapper.toolkit.sections import Section, faults, registries, sections_of

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("plain_environment")
HEAD = "protocol = traxpython\ncommand = vot_wrapper\n"


@pytest.fixture
def registry(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a trackers.ini into tmp_path."""

    def write(text: str) -> Path:
        file = tmp_path / "trackers.ini"
        file.write_text(text, encoding="utf-8")
        return file

    return write


WRONG = [
    ("env_SAMURAI_POLICI = dam", "did you mean SAMURAI_POLICY?"),
    ("env_samurai_policeh = dam", "did you mean SAMURAI_POLICY?"),
    ("env_SAMURIA_MODEL = nano", "did you mean SAMURAI_MODEL?"),
    ("env_SAMURAI_DTPYE = float32", "did you mean SAMURAI_DTYPE?"),
    ("env_SAMURAI_MODEL_SIZE = large", "SAMURAI_MODEL_SIZE is not a setting"),
    ("env_SAMURAI_GOLDENS = 1", "SAMURAI_GOLDENS is not a setting"),
    ("env_SAMURAI_POLICY = damn", "did you mean dam?"),
    ("env_SAMURAI_DEVICE = gpu", "SAMURAI_DEVICE=gpu is not allowed"),
    ("env_SAMURAI_DEVICE = cuda:99", "device 'cuda:99' is not available"),
    ("env_SAMURAI_LOG = samurai.log", "must be an absolute path"),
    ("env_SAMURAI_CHECKPOINTS = checkpoints", "SAMURAI_CHECKPOINTS=checkpoints is relative"),
    ("samurai_policy = dam", "write env_SAMURAI_POLICY"),
    ("env_SAMURAI_POLICY = mosam\nenv_SAMURAI_FLOW = raft", "SAMURAI_RAFT names no file"),
    ("env_SAMURAI_MODEL = tiny\nenv_SAMURAI_CHECKPOINTS = /nowhere", "weights of tiny are missing"),
]
RIGHT = [
    "",
    "env_samurai_policy = dam",  # the toolkit writes variables in capitals
    "env_SAMURAI_POLICY = dam\nenv_SAMURAI_MODEL =\nenv_SAMURAI_CHECKPOINTS = ~/weights",
    "env_SAMURAI_FLOW = raft",  # the policy doesn't look at flow
    "env_HF_TOKEN = x\nenv_OMP_NUM_THREADS = 2\ntimeout = 5",
]


@pytest.mark.parametrize(("lines", "words"), WRONG)
def test_a_fault_is_told_with_its_remedy(
    registry: Callable[[str], Path], lines: str, words: str
) -> None:
    (section,) = sections_of(registry(f"[mine]\n{HEAD}{lines}\n"))
    (fault,) = faults(section)
    assert words in f"{fault.what}; {fault.remedy}" and fault.remedy


def test_sound_sections_have_none(registry: Callable[[str], Path]) -> None:
    for lines in RIGHT:
        (section,) = sections_of(registry(f"[mine]\n{HEAD}{lines}\n"))
        assert faults(section) == []
    (section,) = sections_of(registry("[other]\ncommand = csrt\nenv_SAMURAI_POLICI = dam\n"))
    assert faults(section) == [], "another tracker is left alone"


def test_all_faults_are_told_at_once(registry: Callable[[str], Path]) -> None:
    text = f"[mine]\n{HEAD}env_SAMURAI_POLICI = x\nenv_SAMURAI_MODLE = y\nenv_SAMURAI_SPEED = z\n"
    (section,) = sections_of(registry(text))
    assert len(faults(section)) == 3


def test_slips_in_the_shell_are_told_too(
    registry: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (section,) = sections_of(registry(f"[mine]\n{HEAD}"))
    monkeypatch.setenv("SAMURAI_DATA_PATH", "/data")
    monkeypatch.setenv("SAMURAI_POLICI", "dam")
    (fault,) = faults(section)
    assert "did you mean SAMURAI_POLICY?" in fault.what and "shell" in fault.remedy


def test_which_commands_are_ours() -> None:
    def ours(command: str) -> bool:
        return Section.of("mine", Path("trackers.ini"), {"command": command}).ours

    start = "/opt/venv/bin/samurai serve "
    assert all(map(ours, ("vot_wrapper", "samurai serve", start, "python -m vot_wrapper")))
    assert not any(map(ours, ("my_vot_wrapper", "csrt", "")))


def test_cut_weights_are_told(tmp_path: Path, registry: Callable[[str], Path]) -> None:
    (tmp_path / "sam2.1_hiera_tiny.pt").write_bytes(b"cut")
    lines = f"env_SAMURAI_MODEL = tiny\nenv_SAMURAI_CHECKPOINTS = {tmp_path}\n"
    (section,) = sections_of(registry(f"[mine]\n{HEAD}{lines}"))
    (fault,) = faults(section)
    assert "3 bytes" in fault.what and "samurai download tiny" in fault.remedy
    assert not fault.absent


# The environment of the process, where other programs have variables too


def test_every_slip_of_a_name_is_recognized() -> None:
    for name in variable_names():
        body = name.removeprefix("SAMURAI_")
        for slip in (name[:-1], f"{name}S", name.replace("_", "-"), name.lower(), f"SAMURAI{body}"):
            assert misspelt(slip) == name
            with pytest.raises(ConfigurationError, match=f"did you mean {name}"):
                refuse_misspelt({slip: "x"})
        assert misspelt(name) is None


def test_what_other_programs_read_is_only_warned_of() -> None:
    for name in ("SAMURAI_DATA_PATH", "SAMURAI_GOLDENS", "SAMURAI_REFERENCE", "MODEL"):
        refuse_misspelt({name: "x", "SAMURAI_MODEL": "nano", "PATH": "/bin"})
        assert len(unknown_variables({name: "x"})) == name.startswith("SAMURAI_")


# Which registries hold


def test_the_registries_of_a_workspace_and_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "my workspace"
    (folder / "sequences").mkdir(parents=True)
    (tmp_path / "more").mkdir()
    for file in (tmp_path / "more" / "trackers.yaml", folder / "trackers.ini", tmp_path / "a.ini"):
        file.write_text("")
    (folder / "config.yaml").write_text("registry: [../a.ini, ../more, ../gone.ini]\nstack: x\n")
    expected = [tmp_path / "a.ini", tmp_path / "more" / "trackers.yaml", folder / "trackers.ini"]
    for place in (folder, folder / "sequences"):
        assert registries(place, ROOT / "trackers.ini") == expected
    assert registries(tmp_path / "elsewhere", folder / "trackers.ini") == [folder / "trackers.ini"]


def test_yaml_and_ini_are_read_alike(tmp_path: Path, registry: Callable[[str], Path]) -> None:
    yaml = tmp_path / "trackers.yaml"
    yaml.write_text("mine: {command: vot_wrapper, env: {SAMURAI_POLICI: dam}, label: x}\n")
    (from_yaml,) = sections_of(yaml)
    text = "[DEFAULT]\ncommand = vot_wrapper\n[mine]\nlabel = x\nenv_SAMURAI_POLICI = dam\n"
    (from_ini,) = sections_of(registry(text))
    assert from_yaml.env == from_ini.env and from_yaml.rest == from_ini.rest
    assert [fault.what for fault in faults(from_yaml)] == [f.what for f in faults(from_ini)]


def test_a_damaged_registry_is_one_error(registry: Callable[[str], Path]) -> None:
    for text in ("no section\n", "[a]\n[a]\n", "[a]\ncommand\n", "[a]\nx = %(y)s\n"):
        with pytest.raises(ConfigurationError, match=r"trackers\.ini"):
            sections_of(registry(text))


# Doctor


def test_doctor_shows_every_section_of_all_registries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "config.yaml").write_text("registry: [../a.ini]\nstack: x\n")
    (tmp_path / "a.ini").write_text(
        f"[DEFAULT]\n{HEAD}env_SAMURAI_POLICI = dam\n[one]\n[two]\n[sound]\ncommand = csrt\n"
    )
    (workspace / "trackers.ini").write_text(
        f"[large]\n{HEAD}env_SAMURAI_MODEL = large\nenv_SAMURAI_CHECKPOINTS = /nowhere\n"
    )
    monkeypatch.chdir(workspace)
    sound, slip, missing = checks.trackers_ini()
    assert sound.level == "OK" and sound.what.endswith("a.ini: sound")
    assert slip.level == "FAIL" and "[one], [two]: " in slip.what
    assert "SAMURAI_POLICY" in slip.what and "a.ini" in slip.remedy
    assert missing.level == "INFO" and missing.what.endswith("missing weights: large (for large)")
    assert "samurai download NAME" in missing.remedy and "/nowhere" in missing.remedy
