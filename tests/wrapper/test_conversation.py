"""The tracker process as a TraX client sees it; only the network is a fake."""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trax
from PIL import Image
from wrapper import peer as peers
from wrapper.peer import FAKE_SERVER, Answer, BoolArray, Connect, Peer, rectangle

SIZE = HEIGHT, WIDTH = 40, 60


def filled(x: int, y: int, width: int, height: int) -> BoolArray:
    canvas = np.zeros((HEIGHT, WIDTH), bool)
    canvas[y : y + height, x : x + width] = True
    return canvas


def pasted(region: Any) -> BoolArray:
    return peers.pasted(region, SIZE)


def confidence(answer: Answer) -> float:
    return float(answer[1]["confidence"])


def test_hello(peer: Peer) -> None:
    assert peer.client.tracker_name == "samurai"
    assert set(peer.client.region_formats) == {"rectangle", "mask", "polygon"}
    assert peer.client.image_formats == ["path"]
    assert peer.client.channels == ["color"]
    assert peer.client.get("multiobject")
    # With the key "vot" in the hello, the toolkit restarts the process at every initialize.
    assert peer.client.get("vot") is None


def test_in_sequential_mode_the_toolkit_is_told_to_run_objects_one_by_one(
    connect: Connect, images: list[Path]
) -> None:
    peer = connect(env={"SAMURAI_OBJECTS": "sequential"})
    assert not peer.client.get("multiobject")
    [(region, _)] = peer.initialize(images[0], rectangle(10, 5, 20, 10))
    assert region.bounds() == (10, 5, 20, 10)


def test_an_initial_mask_with_a_speck_loses_it(
    connect: Connect, images: list[Path], tmp_path: Path
) -> None:
    log = tmp_path / "log.txt"
    peer = connect(env={"SAMURAI_LOG": str(log)})
    given = filled(10, 5, 30, 30)
    given[1, 58] = True
    [(region, _)] = peer.initialize(images[0], trax.Mask.create(given.astype(np.uint8)))
    np.testing.assert_array_equal(pasted(region), filled(10, 5, 30, 30))
    assert "object 0: the initial mask has 1 specks of 1 pixels" in log.read_text()


def test_a_rectangle_is_answered_by_rectangles(peer: Peer, images: list[Path]) -> None:
    answers = peer.initialize(images[0], rectangle(10, 5, 20, 10))
    assert [region.bounds() for region, _ in answers] == [(10, 5, 20, 10)]
    for shift, image in enumerate(images[1:], start=1):
        [answer] = peer.frame(image)
        assert answer[0].bounds() == (10 + shift, 5, 20, 10)
        assert confidence(answer) == pytest.approx((40 * shift + 10) / 255, abs=1e-6)


def test_a_mask_is_answered_by_masks_cropped_to_their_box(peer: Peer, images: list[Path]) -> None:
    shape = np.random.default_rng(1).integers(0, 2, (12, 9), np.uint8)
    shape[0, 0] = shape[-1, -1] = 1
    [(region, _)] = peer.initialize(images[0], trax.Mask.create(shape, 7, 3))
    assert (region.size(), region.offset()) == ((9, 12), (7, 3))
    assert np.array_equal(pasted(region)[3:15, 7:16], shape.astype(bool))
    [(region, _)] = peer.frame(images[1])
    assert region.offset() == (8, 3)
    assert np.array_equal(region.array(), shape)


def test_an_object_of_one_pixel(peer: Peer, images: list[Path]) -> None:
    [(region, _)] = peer.initialize(images[0], trax.Mask.create(np.ones((1, 1), np.uint8), 59, 39))
    assert np.array_equal(pasted(region), filled(59, 39, 1, 1))
    [(region, _)] = peer.initialize(images[0], rectangle(3.2, 4.2, 0.1, 0.1))
    assert region.bounds() == (3, 4, 1, 1)


def test_an_object_that_is_gone_is_an_empty_region(peer: Peer, images: list[Path]) -> None:
    edge = rectangle(WIDTH - 1, 0, 1, 1)
    mask = trax.Mask.create(np.ones((1, 1), np.uint8), WIDTH - 1, 0)
    peer.initialize(images[0], edge, mask)
    (as_rectangle, _), (as_mask, properties) = peer.frame(images[1])
    assert as_rectangle.bounds() == (0, 0, 0, 0)
    assert not as_mask.array().any()
    assert np.isfinite(float(properties["confidence"]))


def test_every_initialize_starts_anew(peer: Peer, images: list[Path]) -> None:
    for _ in range(3):
        assert len(peer.initialize(images[0], rectangle(0, 0, 5, 5), rectangle(9, 9, 5, 5))) == 2
        assert len(peer.frame(images[1])) == 2
        [(region, _)] = peer.initialize(images[2], rectangle(20, 20, 5, 5))
        assert region.bounds() == (20, 20, 5, 5)
        [(region, _)] = peer.frame(images[3])
        assert region.bounds() == (21, 20, 5, 5)


def test_several_objects_keep_their_order(peer: Peer, images: list[Path]) -> None:
    starts = [(4 * number, 2 * number) for number in range(12)]
    answers = peer.initialize(images[0], *(rectangle(x, y, 3, 2) for x, y in starts))
    assert [region.bounds()[:2] for region, _ in answers] == starts
    answers = peer.frame(images[1])
    assert [region.bounds()[:2] for region, _ in answers] == [(x + 1, y) for x, y in starts]


def test_late_objects_come_last_and_on_their_own_frame(peer: Peer, images: list[Path]) -> None:
    peer.initialize(images[0], rectangle(1, 1, 4, 4))
    late = trax.Mask.create(np.ones((3, 3), np.uint8), 30, 20)
    first, second = peer.frame(images[1], late)
    assert first[0].bounds() == (2, 1, 4, 4)
    assert np.array_equal(pasted(second[0]), filled(30, 20, 3, 3))
    answers = peer.frame(images[2], rectangle(7, 30, 2, 2), rectangle(50, 0, 2, 2))
    assert len(answers) == 4
    assert np.array_equal(pasted(answers[1][0]), filled(31, 20, 3, 3))
    assert [answers[i][0].bounds() for i in (0, 2, 3)] == [
        (3, 1, 4, 4), (7, 30, 2, 2), (50, 0, 2, 2)
    ]  # fmt: skip


def test_ends_with_success_when_the_client_quits(connect: Connect, images: list[Path]) -> None:
    peer = connect()
    peer.initialize(images[0], rectangle(1, 1, 4, 4))
    assert peer.exit_code() == 0
    assert peer.stray_lines() == []


def test_the_output_setting_overrides_the_initial_region(
    connect: Connect, images: list[Path]
) -> None:
    peer = connect(env={"SAMURAI_OUTPUT": "mask"})
    mask = trax.Mask.create(np.ones((10, 20), np.uint8), 10, 5)
    kinds = {region.type for region, _ in peer.initialize(images[0], rectangle(1, 1, 4, 4), mask)}
    assert kinds == {"mask"}


def test_init_box_reduces_every_region_to_its_extent(connect: Connect, images: list[Path]) -> None:
    peer = connect(env={"SAMURAI_INIT": "box"})
    shape = np.eye(8, dtype=np.uint8)
    triangle = trax.Polygon.create([(20, 10), (30, 10), (25, 20)])
    mask, polygon = peer.initialize(images[0], trax.Mask.create(shape, 2, 3), triangle)
    assert np.array_equal(pasted(mask[0]), filled(2, 3, 8, 8))
    assert np.array_equal(pasted(polygon[0]), filled(20, 10, 10, 10))


def test_nothing_but_trax_reaches_the_pipe(
    connect: Connect, images: list[Path], tmp_path: Path
) -> None:
    log = tmp_path / "samurai.log"
    peer = connect("noise", env={"SAMURAI_LOG": str(log)})
    [(region, _)] = peer.initialize(images[0], rectangle(10, 5, 20, 10))
    assert region.bounds() == (10, 5, 20, 10)
    for shift, image in enumerate(images[1:], start=1):
        [(region, _)] = peer.frame(image)
        assert region.bounds() == (10 + shift, 5, 20, 10)
    assert peer.exit_code() == 0
    assert peer.stray_lines() == []
    text = log.read_text()
    for trace in ("print without an end", "to stderr", "to the original", "bar:", "a child",
                  "printf without an end", "puts", "write without an end", "chatter"):  # fmt: skip
        assert trace in text


def test_a_mask_that_the_toolkit_cannot_store_is_made_coarser(
    connect: Connect, tmp_path: Path
) -> None:
    from vot.region.io import read_trajectory, write_trajectory_binary
    from vot.tracker.trax import convert_traxregion

    image = tmp_path / "large.png"
    Image.fromarray(np.zeros((600, 800, 3), np.uint8)).save(image)
    peer = connect("noisy-mask")
    [(region, _)] = peer.initialize(image, trax.Mask.create(np.ones((600, 800), np.uint8)))
    file = tmp_path / "result.bin"
    with file.open("wb") as stream:
        write_trajectory_binary(stream, [convert_traxregion(region)])
    [stored] = read_trajectory(str(file))
    assert np.array_equal(stored.mask, convert_traxregion(region).mask)
    assert 0.2 < stored.mask.mean() < 0.8
    noise = trax.Mask.create((np.random.default_rng(0).random((600, 800)) < 0.5).astype(np.uint8))
    with pytest.raises(struct.error), (tmp_path / "broken.bin").open("wb") as stream:
        write_trajectory_binary(stream, [convert_traxregion(noise)])


@pytest.mark.parametrize("behavior", [[], ["slow"]], ids=["waiting", "computing"])
def test_ends_when_the_client_is_killed(
    images: list[Path], behavior: list[str], tmp_path: Path
) -> None:
    """The tracker process inherits the writing end of `line`: once that is closed, it is gone. A
    slow tracker tells there when it begins with a frame."""
    line, held = os.pipe()
    behavior = [f"{name}:{held}" for name in behavior]
    client = f"""
import subprocess, sys, time, trax
from trax.client import Client
server = subprocess.Popen([sys.executable, {str(FAKE_SERVER)!r}, *{behavior!r}],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
    pass_fds=[{held}])
client = Client(stream=(server.stdin.fileno(), server.stdout.fileno()), log=lambda text: None)
image = {{"color": trax.FileImage.create({str(images[0])!r})}}
client.initialize(image, [(trax.Rectangle.create(1, 1, 4, 4), {{}})], {{}})
print("running", flush=True)
client.frame(image, {{}}, []) if {behavior!r} else time.sleep(60)
"""
    killed = subprocess.Popen(
        [sys.executable, "-c", client], stdout=subprocess.PIPE, pass_fds=[held], cwd=tmp_path
    )
    os.close(held)
    assert killed.stdout is not None and killed.stdout.readline() == b"running\n"
    for number in b"01" if behavior else b"":
        assert os.read(line, 1)[0] == number
    assert select.select([line], [], [], 0)[0] == [], "the tracker process must still be running"
    killed.kill()
    killed.wait()
    killed.stdout.close()
    readable, _, _ = select.select([line], [], [], 30)
    assert readable == [line] and os.read(line, 1) == b""
    os.close(line)


def test_a_frame_is_never_opened_before_its_path_was_sent(
    connect: Connect, images: list[Path], tmp_path: Path
) -> None:
    """The next frame is a pipe meanwhile: whoever opened it would wait for ever."""
    folder = tmp_path / "frames"
    folder.mkdir()
    paths = [folder / f"{number:08d}{images[0].suffix}" for number in range(4)]
    paths[0].write_bytes(images[0].read_bytes())
    os.mkfifo(paths[1])
    peer = connect()
    assert peer.initialize(paths[0], rectangle(10, 5, 20, 10))
    for number in range(1, 4):
        peer.wait_until_idle()  # a thread that reads ahead has opened the pipe then
        with pytest.raises(OSError, match="No such device or address"):
            os.open(paths[number], os.O_WRONLY | os.O_NONBLOCK)  # nobody reads
        paths[number].unlink()
        paths[number].write_bytes(images[number].read_bytes())
        if number < 3:
            os.mkfifo(paths[number + 1])
        [(region, _)] = peer.frame(paths[number])
        assert region.bounds() == (10 + number, 5, 20, 10)


def test_an_offline_tracker_is_refused() -> None:
    from samurai.errors import ConfigurationError
    from vot_wrapper.settings import Settings
    from vot_wrapper.trax.server import TraxHandler

    class Offline:
        offline = True

    with pytest.raises(ConfigurationError, match="answers when the video is finished"):
        TraxHandler(None, Offline(), Settings())  # type: ignore[arg-type]
