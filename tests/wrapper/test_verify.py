"""`samurai doctor --verify` with the bundled model, and with faults that it must find."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import torch

from samurai import verification
from samurai.cli import main as cli
from samurai.core import prompting as prompts
from samurai.networks.sam2.network import Sam2Network
from vot_wrapper.commands import verify

FRAMES = "8"


@pytest.fixture(autouse=True)
def _plain_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("SAMURAI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAMURAI_DEVICE", "cpu")
    before = torch.get_num_threads()  # the command sets it for the model's size
    yield
    torch.set_num_threads(before)


@pytest.fixture
def change_models(monkeypatch):
    """change_models(change, both) has a function change the loaded weights: ours, or both's."""

    def install(change, both):
        plain = verification.load_model

        def load(card, path=None, changes=None):
            model = plain(card, path, changes)
            if both or changes is None:
                with torch.no_grad():
                    change(model)
            return model

        monkeypatch.setattr(verification, "load_model", load)

    return install


def lines(capsys):
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("speed", ["exact", "fast"])
def test_the_bundled_model_agrees(monkeypatch, capsys, speed):
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


def test_what_the_environment_says_is_used(monkeypatch, capsys):
    monkeypatch.setenv("SAMURAI_DTYPE", "bfloat16")
    assert cli.main(["doctor", "--verify", "nano"]) == 0
    text = "\n".join(lines(capsys))
    assert f", {verify.FRAMES_ON_CPU} frames: " in text
    assert len(re.findall(r"on cpu with \d+ threads?, bfloat16", text)) == 2


def test_what_a_flag_says_comes_before_the_environment(monkeypatch, capsys):
    monkeypatch.setenv("SAMURAI_DTYPE", "float16")
    flags = ["--dtype", "bfloat16", "--device", "cpu"]
    assert cli.main(["doctor", "--verify", "nano", *flags]) == 0
    text = "\n".join(lines(capsys))
    assert len(re.findall(r"on cpu with \d+ threads?, bfloat16", text)) == 2
    assert cli.main(["doctor", "--verify", "nano", "--dtype", "half"]) == 2
    assert "--dtype=half is not allowed" in capsys.readouterr().err


def test_nothing_needs_torchvision():
    code = """
import sys
sys.modules["torchvision"] = None  # importing it raises
from samurai.cli.main import main
sys.exit(main(["doctor", "--verify", "nano", "--frames", "2"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def disturb(model):
    generator = torch.Generator().manual_seed(0)
    for parameter in model.memory_attention.parameters():
        parameter.add_(torch.randn(parameter.shape, generator=generator) * parameter.std() * 0.5)


def forget_when(model):
    model.maskmem_tpos_enc.zero_()


@pytest.mark.parametrize("change", [disturb, forget_when])
def test_other_weights_are_found(change_models, capsys, change):
    change_models(change, both=False)
    assert cli.main(["doctor", "--verify", "nano", "--frames", FRAMES]) == 1
    failure, remedy = lines(capsys)[-2:]
    assert re.match(r"FAIL agreement +mean IoU 0\.\d+, 0\.99 needed in exact", failure)
    assert "->" in remedy


def swap_slots(monkeypatch):
    plain = Sam2Network.prepare_memory

    def swapped(self, maps, slots, pointers, distances, weights=None):
        return plain(self, maps, [line[::-1] for line in slots], pointers, distances, weights)

    monkeypatch.setattr(Sam2Network, "prepare_memory", swapped)


def swap_corners(monkeypatch):
    monkeypatch.setattr(prompts, "CORNER_LABELS", prompts.CORNER_LABELS[::-1])


def swap_colors(monkeypatch):
    plain = verification.read_frames
    monkeypatch.setattr(
        verification, "read_frames", lambda folder: [frame[..., ::-1] for frame in plain(folder)]
    )


@pytest.mark.parametrize("fault", [swap_slots, swap_corners, swap_colors])
def test_faults_of_the_tracker_are_found(monkeypatch, capsys, fault):
    fault(monkeypatch)
    assert cli.main(["doctor", "--verify", "nano", "--frames", FRAMES]) == 1
    assert "FAIL agreement" in "\n".join(lines(capsys))


def test_empty_masks_are_no_agreement(change_models, capsys):
    def blind(model):
        model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias.fill_(-100.0)

    change_models(blind, both=True)
    assert cli.main(["doctor", "--verify", "nano", "--frames", "3"]) == 1
    text = "\n".join(lines(capsys))
    assert "3 of 3 frames equal" in text and "0 of 3 frames with an object" in text
    assert "nothing was compared" in text


def test_a_predictor_that_fails_is_one_line(monkeypatch, capsys):
    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.\nMany lines of advice")

    monkeypatch.setattr(verification, "run_predictor", fail)
    assert cli.main(["doctor", "--verify", "nano"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "installed predictor" in line and "CUDA out of memory" in line and "SAMURAI_" in line


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (["huge"], ("huge", "nano, tiny, small, base_plus, large")),
        (["tiny"], ("samurai download tiny", "sam2.1_hiera_tiny.pt")),
        (["nano", "--frames", "0"], ("--frames 0", "2 to ")),
        (["nano", "--frames", "1"], ("--frames 1", "2 to ")),
        (["nano", "--frames", "9999"], ("--frames 9999", "2 to ")),
    ],
)
def test_what_cannot_be_done_is_one_line(monkeypatch, capsys, tmp_path, arguments, facts):
    if "tiny" in arguments:  # somebody may have downloaded it into the clone
        monkeypatch.setattr(verify, "checkpoint_path", lambda card: tmp_path / card.file)
    assert cli.main(["doctor", "--verify", *arguments]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert all(fact in line for fact in facts)
