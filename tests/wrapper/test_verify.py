"""`samurai doctor --verify` with the bundled model, and with faults that it must find."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from oracles.tiers import quick
from torch import nn

from samurai import verification
from samurai.cli import main as cli
from samurai.core import prompting as prompts
from samurai.models.checkpoints import load_model
from samurai.models.manifest import ModelCard, checkpoint_path, model_card
from samurai.networks.sam2.network import Sam2Network
from vot_wrapper.commands import verify

FRAMES = "8"
Change = Callable[[Any], None]
ChangeModels = Callable[..., None]


@pytest.fixture(autouse=True)
def _plain_settings(plain_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SAMURAI_DEVICE", "cpu")
    before = torch.get_num_threads()  # the command sets it for the model's size
    yield
    torch.set_num_threads(before)


@pytest.fixture
def change_models(monkeypatch: pytest.MonkeyPatch) -> ChangeModels:
    """change_models(change, both) has a function change the loaded weights: ours, or both's."""

    def install(change: Change, both: bool) -> None:
        plain = load_model

        def load(card: ModelCard, path: Path | None = None, changes: Any = None) -> nn.Module:
            model: nn.Module = plain(card, path, changes)
            if both or changes is None:
                with torch.no_grad():
                    change(model)
            return model

        monkeypatch.setattr(verification, "load_model", load)

    return install


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("speed", quick(["exact", "fast"], "exact"))
def test_the_bundled_model_agrees(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], speed: str
) -> None:
    monkeypatch.setenv("SAMURAI_SPEED", speed)
    assert cli.main(["doctor", "--verify", "nano", "--frames", FRAMES]) == 0
    report = lines(capsys)
    assert all(line.startswith("OK") for line in report)
    assert re.fullmatch(
        rf"OK +agreement +mean IoU [01]\.\d+, 0\.9\d? needed in {speed}", report[-1]
    )
    text = "\n".join(report)
    assert f"{FRAMES} of {FRAMES} frames with an object in both" in text
    assert text.count("frames per second, peak memory") == 2


@pytest.mark.slow
def test_the_environment_counts_and_a_flag_before_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable, flags in (("bfloat16", []), ("float16", ["--dtype", "bfloat16"])):
        monkeypatch.setenv("SAMURAI_DTYPE", variable)
        assert cli.main(["doctor", "--verify", "nano", *flags]) == 0
        text = "\n".join(lines(capsys))
        assert f", {verify.FRAMES_ON_CPU} frames: " in text
        assert len(re.findall(r"on cpu with \d+ threads?, bfloat16", text)) == 2
    assert cli.main(["doctor", "--verify", "nano", "--dtype", "half"]) == 2
    assert "--dtype=half" in capsys.readouterr().err


def test_nothing_needs_torchvision() -> None:
    code = """
import sys
sys.modules["torchvision"] = None  # importing it raises
from samurai.cli.main import main
sys.exit(main(["doctor", "--verify", "nano", "--frames", "2"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def disturb(model: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    for parameter in model.memory_attention.parameters():
        parameter.add_(torch.randn(parameter.shape, generator=generator) * parameter.std() * 0.5)


def forget_when(model: Any) -> None:
    model.maskmem_tpos_enc.zero_()


@pytest.mark.parametrize("change", quick([disturb, forget_when], disturb))
def test_other_weights_are_found(
    change_models: ChangeModels, capsys: pytest.CaptureFixture[str], change: Change
) -> None:
    change_models(change, both=False)
    assert cli.main(["doctor", "--verify", "nano", "--frames", FRAMES]) == 1
    failure, remedy = lines(capsys)[-2:]
    assert re.match(r"FAIL agreement +mean IoU 0\.\d+, 0\.99 needed in exact", failure)
    assert "->" in remedy


def swap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Sam2Network.prepare_memory

    def swapped(self: Sam2Network, maps: Any, slots: Any, *more: Any, **options: Any) -> Any:
        return plain(self, maps, [line[::-1] for line in slots], *more, **options)

    monkeypatch.setattr(Sam2Network, "prepare_memory", swapped)


def swap_corners(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = vars(prompts)["CORNER_LABELS"]
    monkeypatch.setattr(prompts, "CORNER_LABELS", labels[::-1])


def swap_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = verification.read_frames
    monkeypatch.setattr(
        verification, "read_frames", lambda folder: [frame[..., ::-1] for frame in plain(folder)]
    )


@pytest.mark.parametrize("fault", quick([swap_slots, swap_corners, swap_colors], swap_slots))
def test_faults_of_the_tracker_are_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: Change
) -> None:
    fault(monkeypatch)
    assert cli.main(["doctor", "--verify", "nano", "--frames", FRAMES]) == 1
    assert "FAIL agreement" in "\n".join(lines(capsys))


def test_empty_masks_are_no_agreement(
    change_models: ChangeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    def blind(model: Any) -> None:
        model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias.fill_(-100.0)

    change_models(blind, both=True)
    assert cli.main(["doctor", "--verify", "nano", "--frames", "3"]) == 1
    text = "\n".join(lines(capsys))
    assert "3 of 3 frames equal" in text and "0 of 3 frames with an object" in text
    assert "nothing was compared" in text


def test_a_predictor_that_fails_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.\nMany lines of advice")

    monkeypatch.setattr(verification, "run_predictor", fail)
    assert cli.main(["doctor", "--verify", "nano"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "installed predictor" in line and "CUDA out of memory" in line and "SAMURAI_" in line


def test_what_cannot_be_done_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # Somebody may have downloaded it into the clone.
    nano = checkpoint_path(model_card("nano"))
    monkeypatch.setattr(
        verify,
        "checkpoint_path",
        lambda card: nano if card.name == "nano" else tmp_path / card.file,
    )
    for arguments, fact in (
        (["huge"], "nano, tiny, small, base_plus, large"),
        (["tiny"], "samurai download tiny"),
        (["nano", "--frames", "9999"], "--frames 9999"),
    ):
        assert cli.main(["doctor", "--verify", *arguments]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert fact in line


@pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None,
    reason="the extra sam3 isn't installed: make setup EXTRAS=sam3",
)
@pytest.mark.parametrize("fault", [False, True])
def test_sam3_is_compared_with_transformers(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    fault: bool,
) -> None:
    """A small random tracker in the layout of facebook/sam3."""
    from oracles.transformers_networks import sam3_model

    from samurai.networks.sam3.network import Sam3Network

    sam3_model().save_pretrained(tmp_path / "sam3")
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path))
    if fault:
        plain = Sam3Network.prepare_memory
        monkeypatch.setattr(
            Sam3Network,
            "prepare_memory",
            lambda self, maps, *more: plain(self, torch.zeros_like(maps), *more),
        )
    assert cli.main(["doctor", "--verify", "sam3", "--frames", FRAMES]) == int(fault)
    text = "\n".join(lines(capsys))
    assert "Sam3TrackerVideoModel of transformers " in text
    assert (f"{FRAMES} of {FRAMES} frames equal in every pixel" in text) != fault
