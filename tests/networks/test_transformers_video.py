"""SAM 3's tracker and EdgeTAM behind the seam, against transformers' own session of the same random
model."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.agreement import assert_close
from oracles.small_networks import moving_video
from oracles.transformers_networks import (
    at_frame_size,
    centered_scores,
    edgetam_model,
    held_bytes,
    installed_logits,
    repvit_edgetam_model,
    sam3_model,
)

from samurai.core.preprocess import network_input
from samurai.core.session import Session
from samurai.networks.base import VideoNetwork
from samurai.networks.families import create_network, family_of
from samurai.networks.transformers_video.installed import InstalledSession
from samurai.policies import POLICIES
from samurai.policies.base import PolicyContext
from samurai.regions import Box, Mask, Points, Region
from vot_wrapper.submission.texts import PUBLISHED

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None,
    reason="the extra sam3 isn't installed: make setup EXTRAS=sam3",
)

TOLERANCE = 1e-4
"""Of logits. One object's are equal in every bit; several go through memory attention as a batch,
which may sum in another order."""

HEIGHT, WIDTH = SIZE = (96, 128)
BOX = Box(30.5, 33.25, 32.0, 27.5)
CLICK = Points([[46.0, 47.5]], [1])
CLICKS = Points([[46.0, 47.5], [20.0, 20.0]], [1, 0])


def mask_prompt() -> Mask:
    array = np.zeros(SIZE, dtype=bool)
    array[34:60, 30:62] = True
    array[40:44, 40:44] = False
    return Mask(array)


@pytest.fixture(scope="module")
def video() -> list[NDArray[np.uint8]]:
    return moving_video(18, SIZE)


MODELS = {"sam3": sam3_model, "edgetam": edgetam_model}
OTHERS = {"sam3": (140, 3), "edgetam": (192, 4)}
"""Another input size and seed."""


@pytest.fixture(scope="module", params=sorted(MODELS))
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def model(family: str) -> Any:
    return MODELS[family]()


def network_of(model: Any) -> VideoNetwork:
    return create_network(model, torch.device("cpu"), "float32", "exact")


def session_of(network: VideoNetwork, policy: str = "sam2", window: float | None = None) -> Session:
    context = PolicyContext(network.spec.map_slots, network.spec.pointer_slots)
    return Session(network, lambda: POLICIES[policy](context), "points", window)


def expected_of(model: Any, video: Sequence[Any], regions: Sequence[Region]) -> list[Any]:
    installed = InstalledSession(model, SIZE)
    return installed_logits(network_of(model), installed, video, regions)


def compare(model: Any, video: Sequence[Any], regions: Sequence[Region]) -> list[Any]:
    """Logits and masks of every object in every frame; masks but where the sign is rounding's."""
    expected = expected_of(model, video, regions)
    with session_of(network_of(model)) as session:
        for index, frame in enumerate(video):
            answers = session.start(frame, regions) if index == 0 else session.step(frame)
            assert_close(session.logits, expected[index], TOLERANCE, index)
            full = at_frame_size(expected[index], SIZE)
            for answer, reference in zip(answers, full, strict=True):
                sure = np.abs(reference) > TOLERANCE
                np.testing.assert_array_equal(answer.mask[sure], reference[sure] > 0)
    return expected


def lively(expected: Sequence[NDArray[np.float32]]) -> bool:
    """Whether masks are worth comparing with: neither empty nor full, and different each frame."""
    masks = np.stack([frame[0] > 0 for frame in expected])
    changed = (masks[1:] != masks[:-1]).any(axis=(1, 2)).mean()
    return bool(0.01 < masks.mean() < 0.99 and changed > 0.8)


@pytest.mark.parametrize(
    "region", [BOX, CLICK, CLICKS, mask_prompt()], ids=["box", "click", "clicks", "mask"]
)
def test_masks_and_logits_equal_those_of_transformers(
    model: Any, video: list[Any], region: Region
) -> None:
    """More frames than maps and pointers reach back."""
    assert lively(compare(model, video, [region]))


def test_two_objects_at_once(family: str, model: Any, video: list[Any]) -> None:
    """EdgeTAM's session fails on a mask beside other prompts."""
    compare(model, video, [BOX, mask_prompt() if family == "sam3" else CLICKS])


def test_an_object_that_comes_and_goes(family: str, video: list[Any]) -> None:
    """The object score crosses its gate: the embeddings of "no object" are at work."""
    model = centered_scores(network_of, MODELS[family](seed=3), video)
    expected = expected_of(model, video, [BOX])
    empty = [bool((frame < -1000).all()) for frame in expected[1:]]
    assert any(empty) and not all(empty)
    compare(model, video, [BOX])


def test_another_input_size(family: str, video: list[Any]) -> None:
    size, seed = OTHERS[family]
    assert lively(compare(MODELS[family](size=size, seed=seed), video[:12], [BOX]))


@pytest.mark.parametrize("window", [None, 3.0])
@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_every_policy_tracks(
    model: Any, video: list[Any], policy: str, window: float | None
) -> None:
    """Two objects, one of them late, in bounded memory; masks follow what the policy remembers."""
    network = network_of(model)
    with session_of(network, policy, window) as session:
        session.start(video[0], [mask_prompt()])
        for index, frame in enumerate(video[1:12], start=1):
            answers = session.step(frame, [BOX] if index == 3 else [])
            session.update_memory()
            assert len(answers) == (2 if index >= 3 else 1)
            assert np.isfinite(session.logits).all()
            if index == 6:
                bank = session._state.bank
                held = bank.maps.capacity, bank.pointers.capacity
    assert (bank.maps.capacity, bank.pointers.capacity) == held


def test_memory_is_flat_where_that_of_transformers_grows(model: Any) -> None:
    """Bytes of tensors that are held after 20 and after 60 frames of one video."""
    video = moving_video(61, SIZE)
    network = network_of(model)
    installed = InstalledSession(model, SIZE)
    theirs, ours = [], []
    installed_logits(network, installed, video[:1], [BOX])
    with session_of(network) as session:
        session.start(video[0], [BOX])
        for index, frame in enumerate(video[1:], start=1):
            session.step(frame)
            session.update_memory()
            installed.step(network_input(frame, None, network))
            if index in (20, 40, 60):
                ours.append(held_bytes(session._state))
                theirs.append(installed.held_bytes)
    assert ours[0] == ours[1] == ours[2] > 0
    grown = theirs[2] - theirs[1]
    assert grown == theirs[1] - theirs[0] > 20 * 3 * 4 * network.spec.input_size**2, "frames alone"


def test_the_numbers_of_the_published_sam3() -> None:
    """Of transformers' default configuration, which is that of facebook/sam3."""
    from transformers import Sam3TrackerVideoConfig

    from samurai.networks.sam3.network import spec_of

    config = Sam3TrackerVideoConfig()
    spec = spec_of(config)
    assert (spec.input_size, spec.feature_tokens, spec.memory_tokens) == (1008, 5184, 5184)
    assert (spec.logit_size, spec.memory_mask_size, spec.map_slots) == (288, 1152, 7)
    assert spec.mean == spec.std == (0.5, 0.5, 0.5) and spec.border_color == (128, 128, 128)
    layers = config.vision_config.backbone_config.num_hidden_layers
    _, size, maps, encoder, attention = PUBLISHED["sam3"]
    assert (size, maps) == (spec.input_size, spec.map_slots) and f"{layers} layers" in encoder
    assert attention == config.memory_attention_num_layers


def test_the_numbers_of_the_published_edgetam() -> None:
    from transformers import EdgeTamVideoConfig

    from samurai.networks.edgetam.network import spec_of

    config = EdgeTamVideoConfig()
    spec = spec_of(config)
    assert (spec.input_size, spec.feature_tokens, spec.memory_tokens) == (1024, 4096, 512)
    assert (spec.logit_size, spec.memory_mask_size, spec.map_slots) == (256, 1024, 7)
    _, size, maps, _, attention = PUBLISHED["edgetam"]
    assert (size, maps) == (spec.input_size, spec.map_slots)
    assert attention == config.memory_attention_num_layers


def test_the_memory_of_edgetam_has_two_kinds_of_positions() -> None:
    """None for tokens of the whole map; each of the others has one of its own."""
    network: Any = network_of(edgetam_model())
    whole, placed = network._map_position.split([16, 16])
    assert not whole.any()
    assert len(placed.unique(dim=0)) == 16


@pytest.mark.skipif(
    importlib.util.find_spec("timm") is None,
    reason="the extra edgetam isn't installed: make setup EXTRAS=edgetam",
)
def test_edgetam_with_its_own_image_encoder(video: list[Any]) -> None:
    compare(repvit_edgetam_model(), video[:12], [BOX])


def test_pixel_weights_act_where_they_are(model: Any) -> None:
    """Weights of one change no bit; where a corner counts for nothing, tokens of the corner are
    zero."""
    network: Any = network_of(model)
    spec = network.spec
    torch.manual_seed(0)
    features = network.encode(torch.randn(1, 3, spec.input_size, spec.input_size))
    logits = torch.randn(1, 1, spec.memory_mask_size, spec.memory_mask_size)
    ones = np.ones((spec.logit_size, spec.logit_size), np.float32)
    corner = ones.copy()
    corner[: spec.logit_size // 2, : spec.logit_size // 2] = 0
    plain, same, cut = (
        network.encode_memory(features, logits, torch.ones(1, 1), [False], [weights])[0]
        for weights in (None, ones, corner)
    )
    assert torch.equal(plain, same)
    grid = cut if family_of(model) == "sam3" else cut[16:]
    side = int(len(grid) ** 0.5)
    squares = grid.unflatten(0, (side, side))
    assert not squares[: side // 2, : side // 2].any()
    assert squares[side // 2 :].all()


def test_weights_of_the_memories_change_the_keys_only(model: Any) -> None:
    """Weights of one change no bit; others act."""
    network = network_of(model)
    spec = network.spec
    torch.manual_seed(0)
    features = network.encode(torch.randn(1, 3, spec.input_size, spec.input_size))
    maps = torch.randn(1, 2, spec.memory_tokens, spec.memory_channels).bfloat16()
    pointers = torch.randn(1, 1, spec.pointer_size)
    plain = network.condition(features, network.prepare_memory(maps, [[0, 6]], pointers, [[3]]))
    for weights, equal in (([1.0, 1.0, 1.0], True), ([1.0, 0.5, 1.0], False)):
        memory = network.prepare_memory(maps, [[0, 6]], pointers, [[3]], [weights])
        assert torch.equal(network.condition(features, memory), plain) == equal
