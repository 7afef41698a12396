"""The convolutional trunk against a plain restatement of EfficientNet-Lite0, and in the network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from oracles.inputs import sam2_network
from oracles.runs import Frames, run_logits
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor

from samurai import Box, Tracker, TrackerConfig
from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import model_card
from samurai.networks.sam2.build import build_model
from samurai.networks.sam2.lite_trunk import LiteTrunk
from samurai.policies import policy_names
from samurai.runtime import threads as background

BLOCKS = (
    # kernel, stride, expansion, channels in, channels out
    [(3, 1, 1, 32, 16)]
    + [(3, 2, 6, 16, 24), (3, 1, 6, 24, 24)]
    + [(5, 2, 6, 24, 40), (5, 1, 6, 40, 40)]
    + [(3, 2, 6, 40, 80), (3, 1, 6, 80, 80), (3, 1, 6, 80, 80)]
    + [(5, 1, 6, 80, 112), (5, 1, 6, 112, 112), (5, 1, 6, 112, 112)]
    + [(5, 2, 6, 112, 192)]
    + [(5, 1, 6, 192, 192)] * 3
    + [(3, 1, 6, 192, 320)]
)
"""EfficientNet-Lite0, block by block, from the paper's table."""

MAPS_AFTER = (2, 4, 10, 15)


@pytest.fixture(scope="module")
def trunk() -> LiteTrunk:
    torch.manual_seed(0)
    made = LiteTrunk().eval().requires_grad_(False)
    for parameter in made.parameters():
        parameter.copy_(torch.randn(parameter.shape) * 2 / max(1, parameter[0].numel()) ** 0.5)
    return made


@pytest.fixture(scope="module")
def model() -> SAM2Base:
    torch.manual_seed(0)
    return build_model(configuration_path(model_card("nano")))


def same_padded(grid: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's rule, in its own words: as much as ceil(side / stride) outputs need, the odd
    pixel after."""
    pads: list[int] = []
    for side in (grid.shape[3], grid.shape[2]):
        needed = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        pads += [needed // 2, needed - needed // 2]
    return F.pad(grid, pads)


def restated(weights: dict[str, Tensor], views: Tensor) -> list[Tensor]:
    def convolved(grid: Tensor, name: str, kernel: int = 1, stride: int = 1) -> Tensor:
        weight, bias = weights[name + ".weight"], weights[name + ".bias"]
        groups = grid.shape[1] // weight.shape[1]
        padded = same_padded(grid, kernel, stride)
        return F.conv2d(padded, weight, bias, stride=stride, groups=groups)

    grid = convolved(views, "stem", 3, 2).clamp(0, 6)
    maps = []
    for number, (kernel, stride, expansion, inputs, outputs) in enumerate(BLOCKS):
        assert grid.shape[1] == inputs
        name, wide = f"blocks.{number}", grid
        if expansion > 1:
            wide = convolved(grid, name + ".expand").clamp(0, 6)
            assert wide.shape[1] == expansion * inputs
        wide = convolved(wide, name + ".depthwise", kernel, stride).clamp(0, 6)
        narrow = convolved(wide, name + ".project")
        grid = grid + narrow if stride == 1 and inputs == outputs else narrow
        if number in MAPS_AFTER:
            maps.append(grid)
    return maps


@pytest.mark.parametrize("size", [(160, 160), (96, 224)])
def test_the_trunk_is_efficientnet_lite0(trunk: LiteTrunk, size: tuple[int, int]) -> None:
    views = torch.randn(2, 3, *size)
    maps = trunk(views)
    for ours, plain, channels, stride in zip(
        maps, restated(trunk.state_dict(), views), (24, 40, 112, 320), (4, 8, 16, 32), strict=True
    ):
        assert ours.shape == (2, channels, size[0] // stride, size[1] // stride)
        scale = float(plain.abs().max())
        torch.testing.assert_close(ours, plain, atol=1e-5 * scale, rtol=1e-4)
    assert trunk.channel_list == [320, 112, 40, 24]


def test_gradients_reach_every_parameter_and_the_input_is_left_alone() -> None:
    trunk = LiteTrunk()
    views = torch.randn(1, 3, 64, 64)
    before = views.clone()
    sum(maps.square().mean() for maps in trunk(views)).backward()
    assert torch.equal(views, before)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in trunk.parameters())


@torch.no_grad()
@pytest.mark.parametrize("spare", [0, 1])
def test_graphs_of_this_trunk_change_no_bit(
    model: SAM2Base, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    """Nor its layout, for one view or several, whether or not a core is to spare."""
    monkeypatch.setattr(background, "usable_cores", lambda: spare + torch.get_num_threads())
    network = sam2_network(Tracker(model, TrackerConfig(policy="samurai", device="cpu")))
    plain = network.modules.encoder
    network.prepare()
    assert network.modules.encoder is not plain
    for count in (1, 3):
        views = torch.randn(count, 3, network.spec.input_size, network.spec.input_size)
        for ours, eager, theirs in zip(
            network.modules.encoder(views),
            plain(views),
            model.forward_image(views)["backbone_fpn"][-3:],
            strict=True,
        ):
            assert torch.equal(ours, eager) and ours.stride() == eager.stride()
            assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("policy", "window"), [("samurai", None), *((policy, 3.4) for policy in policy_names())]
)
def test_a_warmed_up_tracker_answers_as_one_that_is_not(
    model: SAM2Base, video: Frames, policy: str, window: float | None
) -> None:
    answers = []
    for warm in (False, True):
        tracker = Tracker(model, TrackerConfig(policy=policy, device="cpu", window=window))
        if warm:
            tracker.warm_up()
        regions = [Box(20, 30, 30, 30), Box(70, 50, 20, 20)]
        answers.append(run_logits(tracker.session(), video[:6], regions)[-1])
    np.testing.assert_array_equal(answers[0], answers[1])
