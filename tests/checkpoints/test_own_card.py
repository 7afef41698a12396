"""Models of a user's own: a card beside the weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from samurai.cli import doctor
from samurai.errors import CheckpointError, ConfigurationError
from samurai.models.checkpoints import configuration_path, download, load_model, verify
from samurai.models.manifest import bundled_folder, checkpoint_path, model_card
from vot_wrapper.settings import Settings
from vot_wrapper.submission.texts import Network
from vot_wrapper.toolkit.fingerprint import differences, fingerprint
from vot_wrapper.toolkit.sections import Section, faults

pytestmark = pytest.mark.usefixtures("plain_environment")
CARD = """
file = "weights.safetensors"
configuration = "nano.yaml"
box_prompt = "points"
motion_weight = 0.3
window = 5
"""


@pytest.fixture
def card(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a card, beside it nano's weights; its file."""
    shutil.copy(bundled_folder() / "nano.safetensors", tmp_path / "weights.safetensors")

    def write(text: str = CARD) -> Path:
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def section(model: Path | str) -> Section:
    content = {"command": "vot_wrapper", "env": {"SAMURAI_MODEL": str(model)}}
    return Section.of("mine", Path("trackers.ini"), content)


def test_own_weights_track_as_their_card_says(card: Callable[[], Path], one_thread: None) -> None:
    from samurai import Box, Tracker

    tracker = Tracker.load(card(), device="cpu")
    assert (tracker.window, tracker.box_prompt) == (5, "points")
    assert tracker.sources["model"] == "argument" and tracker.config.model_name == "mine"
    frame = np.random.default_rng(0).integers(0, 255, (96, 128, 3), np.uint8)
    with tracker.session() as session:
        [answer] = session.start(frame, [Box(20, 20, 40, 40)])
    assert answer.mask.shape == (96, 128)


def test_paths_are_relative_to_the_card(
    card: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = card()
    monkeypatch.chdir(tmp_path)
    assert Settings(model="mine.toml").model == str(file)
    found = model_card("mine.toml")
    assert (found.name, found.own) == ("mine", file)
    assert checkpoint_path(found) == tmp_path / "weights.safetensors"
    assert found.bytes == (tmp_path / "weights.safetensors").stat().st_size
    assert configuration_path(found).parent != tmp_path, "the bundled one of that name"
    shutil.copy(configuration_path(found), tmp_path / "nano.yaml")
    assert configuration_path(found) == tmp_path / "nano.yaml"
    assert download("mine.toml") == tmp_path / "weights.safetensors"


def test_a_wrong_card_says_what_is_wrong(card: Callable[[str], Path], tmp_path: Path) -> None:
    for text, what in (
        ("file = ", "can't be read"),
        (CARD + "color = 1", "'color'"),
        (CARD + "larg = true", r"did you mean large\?"),
        (CARD.replace("motion_weight = 0.3", ""), "lacks motion_weight"),
        (CARD.replace("0.3", "3"), "motion_weight = 3 .* a number from 0 to 1"),
        (CARD.replace('"points"', '"corners"'), "points or filled_mask or decoded_mask"),
        (CARD.replace("5", '"wide"'), "a number from 1"),
        (CARD + "confidence = [2.0]", "numbers from 0 to 1"),
        (CARD + "bytes = 1.5", "bytes = 1.5"),
        (CARD + "sha256 = 'x'", "64 hexadecimal digits"),
    ):
        file = card(text)
        with pytest.raises(ConfigurationError, match=what) as caught:
            model_card(str(file))
        assert str(file) in str(caught.value)
        [fault] = faults(section(file))
        assert fault.what == str(caught.value) and fault.remedy
    with pytest.raises(ConfigurationError, match=r"gone\.toml can't be read"):
        model_card(str(tmp_path / "gone.toml"))


def test_own_weights_are_never_to_be_deleted(card: Callable[[str], Path], tmp_path: Path) -> None:
    found = model_card(str(card(CARD + f"sha256 = '{'0' * 64}'")))
    with pytest.raises(CheckpointError, match="sha256") as wrong:
        verify(found, checkpoint_path(found))
    (tmp_path / "weights.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="damaged") as damaged:
        load_model(found)
    (tmp_path / "weights.safetensors").unlink()
    with pytest.raises(CheckpointError, match="there is no file") as missing:
        load_model(found)
    for caught in (wrong, damaged, missing):
        assert "delete" not in str(caught.value) and str(found.own) in str(caught.value)


def test_sections_and_doctor_look_at_the_file(
    card: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = card(CARD + "bytes = 5")
    [fault] = faults(section(file))
    assert "bytes, not 5" in fault.what and "delete" not in fault.remedy
    monkeypatch.setenv("SAMURAI_MODEL", str(file))
    assert any("mine: " in f.what and f.level == "FAIL" for f in doctor.weights())
    card(CARD)
    assert faults(section(file)) == []
    assert any("mine: " in f.what and f.level == "OK" for f in doctor.weights())
    (tmp_path / "weights.safetensors").unlink()
    [fault] = faults(section(file))
    assert fault.absent and not fault.model, "nothing that could be downloaded"
    [relative] = faults(section("mine.toml"))
    assert "must be an absolute path" in relative.what


def test_results_remember_content_and_not_the_place(
    card: Callable[[str], Path], tmp_path: Path
) -> None:
    file = card(CARD)
    then = fingerprint(section(file))
    assert then["model"] == "mine" and str(tmp_path) not in str(then)
    other = tmp_path / "moved"
    other.mkdir()
    for each in (file, tmp_path / "weights.safetensors"):
        shutil.copy(each, other)
    assert differences(then, section(other / "mine.toml")) == []
    card(CARD.replace("0.3", "0.2"))
    assert differences(then, section(file)) == ["model card: motion_weight 0.3 -> 0.2"]


def test_a_submission_describes_the_model(card: Callable[[], Path], tmp_path: Path) -> None:
    file = card()
    (tmp_path / "mine.md").write_text("# Mine\n\n## How it was trained\n\nOn ducks.\n")
    assert Network.of(str(file)).training == "On ducks."
