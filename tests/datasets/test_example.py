"""`samurai benchmark example`: the bundled sequences as small data sets that the readers take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets.conftest import box_sequences, mask_sequences, read
from PIL import Image

from samurai.cli.main import main
from vot_wrapper.exporting.bundled_sequence import bundled_sequences
from vot_wrapper.exporting.layouts import LAYOUTS, palette
from vot_wrapper.toolkit.bundled import source


def example(name: str, folder: Path, *options: str) -> Path:
    assert main(["benchmark", "example", name, str(folder), *options]) == 0
    return folder


@pytest.mark.parametrize(("name", "ending"), [("lasot", "-1"), ("got10k-val", "")])
def test_boxes(tmp_path: Path, name: str, ending: str) -> None:
    reading = read(name, example(name, tmp_path / "small"))
    assert not reading.missing and "sequences, not the official" in reading.notes[0]
    found = box_sequences(reading)
    for each in bundled_sequences(source()):
        sequence = found[f"{each.name}{ending}"]
        (masks,) = each.masks.values()
        assert [path.resolve() for path in sequence.images] == [p.resolve() for p in each.images]
        assert not sequence.notes and sequence.visible is not None
        assert sequence.visible.tolist() == [bool(mask.any()) for mask in masks]
        for row, mask in zip(sequence.truth, masks, strict=True):
            filled = np.zeros_like(mask)
            x, y, width, height = row.astype(int)
            filled[max(y - 1, 0) : y - 1 + height, max(x - 1, 0) : x - 1 + width] = True
            assert not (mask & ~filled).any()
            assert not mask.any() or (width, height) == (
                np.ptp(np.flatnonzero(mask.any(axis=0))) + 1,
                np.ptp(np.flatnonzero(mask.any(axis=1))) + 1,
            )
    flags = [each.visible for each in found.values() if each.visible is not None]
    assert not np.concatenate(flags).all()


def test_masks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reading = read("davis2017-val", example("davis2017-val", tmp_path / "small"))
    assert "visitors: without lemon" in capsys.readouterr().out
    assert not reading.missing
    found = mask_sequences(reading)
    for each in bundled_sequences(source() / "multiobject"):
        sequence = found[each.name]
        present = [masks for masks in each.masks.values() if masks[0].any()]
        assert len(sequence.objects) == len(present)
        for item, masks in zip(sequence.objects, present, strict=True):
            for frame in (0, sequence.frames - 1):
                with Image.open(item.masks[frame]) as picture:
                    assert picture.mode == "P"
                    labels = np.asarray(picture)
                assert np.array_equal(labels == item.value, masks[frame])


def test_palette() -> None:
    """The first colors of DAVIS."""
    colors = np.frombuffer(palette(), np.uint8)
    expected = [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128], [128, 0, 128]]
    assert colors.reshape(256, 3)[:6].tolist() == expected


def test_copies(tmp_path: Path) -> None:
    folder = example("lasot", tmp_path / "small", "--copy")
    assert not any(path.is_symlink() for path in folder.rglob("*"))


def test_a_folder_that_holds_something(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "full" / "inner").mkdir(parents=True)
    assert main(["benchmark", "example", "lasot", str(tmp_path / "full")]) == 2
    assert "isn't empty. Remedy: name a new folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["inner"]


def test_a_failure_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert set(LAYOUTS) == {"lasot", "got10k-val", "davis2017-val"}
    assert main(["benchmark", "example", "lasot", str(tmp_path / "small")]) == 2
    assert "No space left on device. Remedy: free space" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
