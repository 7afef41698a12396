"""What a client may send: sound requests reach libtrax as they are, others end the run."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import trax
from wrapper.peer import Connect

from vot_wrapper.trax.wire import Channel, ClientError, Wire, checked, path_of

Pair = tuple[Wire, int]
FRAME = b'@@TRAX:frame "file:///a.png" \n'


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A wire, and the descriptor that its client writes to."""
    source, client = os.pipe()
    wire = Wire(source)
    yield wire, client
    for descriptor in (source, wire.outlet, wire._inlet):
        os.close(descriptor)


def passed(wire: Wire) -> bytes:
    wire.pass_on()
    return os.read(wire.outlet, 1 << 20)


@pytest.mark.parametrize(
    "request_",
    [
        FRAME,
        b'@@TRAX:initialize "1.5,2,3,4" \n' + FRAME,
        b'@@TRAX:initialize \n@@TRAX:initialize "mask:1,2,3,3,0,9" "k=v w" \n' + FRAME,
        b'@@TRAX:initialize "-1e5,.5,nan,inf,5.,+7" \n' + FRAME,
        b'@@TRAX:frame "file:///a \\"b\\" \\\\c.png" "time=1" "x=a=b" \n',
        b"@@TRAX:quit \n",
    ],
)
def test_sound_requests_arrive_unchanged_and_whole(pair: Pair, request_: bytes) -> None:
    wire, client = pair
    for byte in (request_ + FRAME)[:-1]:
        os.write(client, bytes([byte]))
    assert passed(wire) == request_
    os.write(client, b"\n")
    assert passed(wire) == FRAME
    os.close(client)


def test_lines_that_are_no_messages_are_skipped(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    wire, client = pair
    os.write(client, b"noise\n\xff\x00\n\n @@TRAX:quit\n" + FRAME)
    assert passed(wire) == FRAME
    assert len(caplog.records) == 1 and "not a TraX message" in caplog.text
    os.close(client)


def test_a_request_larger_than_the_pipe_arrives(pair: Pair) -> None:
    wire, client = pair
    request = b'@@TRAX:frame "file:///a.png" "k=' + b"x" * 3_000_000 + b'" \n'
    writer = threading.Thread(target=lambda: os.fdopen(client, "wb").write(request))
    writer.start()
    wire.pass_on()
    received = b""
    while len(received) < len(request):
        received += os.read(wire.outlet, 1 << 16)
    writer.join()
    assert received == request


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"", "disconnected without a quit message$"),
        (FRAME[:9], "in the middle of a message"),
        (b'@@TRAX:initialize "1,1,5,5" \n', "disconnected without a quit message$"),
    ],
)
def test_a_client_that_is_gone(pair: Pair, sent: bytes, complaint: str) -> None:
    wire, client = pair
    os.write(client, sent)
    os.close(client)
    with pytest.raises(ClientError, match=complaint):
        wire.pass_on()


def test_endless_requests_are_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vot_wrapper.trax.wire.MAX_REQUEST_BYTES", 1000)
    wire, client = pair
    os.write(client, b'@@TRAX:initialize "1,1,5,5" \n' * 30 + b"x" * 1001)
    with pytest.raises(ClientError, match="more than 1000 bytes"):
        wire.pass_on()
    os.close(client)


def test_broken_messages_are_refused() -> None:
    for line in (
        b"@@TRAX:", b"@@TRAX:bogus ", b'@@TRAX:state "1" ', b"@@TRAX:frame ", b'@@TRAX:frame "',
        b"@@TRAX:frame x ", b'@@TRAX:frame "http://a/b.png" ', b'@@TRAX:frame "data:,A" ',
        b'@@TRAX:frame "a\0b.png" ', b'@@TRAX:frame "a.png" "no property" ',
        b'@@TRAX:frame "a.png\\" ', b'@@TRAX:frame "a.png" ' + b'"k=v" ' * 9 + b'"k=v',
    ):  # fmt: skip
        with pytest.raises(ClientError) as caught:
            checked(line)
        assert str(caught.value).isascii() and "\n" not in str(caught.value)


def test_regions_that_libtrax_crashes_on_or_misreads_are_refused() -> None:
    for region in (
        "", ",", "1,1", "1,1,5", "1,1,5,5,5", "1,1,5,x", "0x1,1,1,1", "mask:", "mask:1,2,3",
        "mask:1,2,-3,3,0,5", "mask:1,2,3,-3,0,5", "mask:1,2,3,3,0,10", "mask:1,2,3,3,-1,4",
        "mask:1,2,99999,99999,0,5", "mask:99999999999,2,3,3,0,9", "mask:1.5,2,3,3,0,9",
        "mask:1,2,3,3,9223372036854775807,9223372036854775807,2",
        "mask:1,2,3,3,99999999999999999999",
    ):  # fmt: skip
        with pytest.raises(ClientError):
            checked(b'@@TRAX:initialize "' + region.encode() + b'" ')


def test_decimal_commas_of_a_client_are_never_taken_for_corners() -> None:
    for numbers in (b"87,5000,109,0000,83,0000,81,0000",
                    b"1,5000,2,0000,3,0000,4,2500,5,0000,6,0000"):  # fmt: skip
        with pytest.raises(ClientError, match="LC_NUMERIC=C"):
            checked(b'@@TRAX:initialize "' + numbers + b'" ')
    assert checked(b'@@TRAX:initialize "87,5,109,5,83,9,81,0" ')[0] == b"initialize"


@pytest.mark.parametrize("unit", [b"x", b"\\", b'"', b'" "', b" ", b'\\"'])
def test_no_line_takes_more_than_linear_time(unit: bytes) -> None:
    """A pattern that backtracks would not come to an end here."""
    with pytest.raises(ClientError):
        checked(b'@@TRAX:frame "' + unit * 1_000_000 + b'\\" !')


def test_paths_outside_ascii_are_carried_through() -> None:
    for name in ("caf\u00e9.png", '\u96ea/\u00fc "q" \\.png', "\udcff\udce9.png"):
        path = f"/tmp/{name}"
        escaped = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        _, line = checked(b'@@TRAX:frame "file://' + escaped + b'" ')
        assert line.isascii()
        carried = line.split(b'"')[1].removeprefix(b"file://").decode()
        assert path_of(carried) == path
    assert path_of("/samurai-encoded-path/zz.png") == "/samurai-encoded-path/zz.png"


def test_an_image_whose_path_is_outside_ascii_is_tracked(
    connect: Connect, images: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "caf\u00e9 \u96ea.png"
    path.write_bytes(images[1].read_bytes())
    peer = connect()
    [(region, properties)] = peer.initialize(path, trax.Rectangle.create(1, 1, 4, 4))
    assert region.bounds() == (1, 1, 4, 4)
    assert float(properties["confidence"]) == pytest.approx(50 / 255, abs=1e-6)
    assert peer.exit_code() == 0


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A locale with decimal commas, made here; most machines have none."""
    maker = shutil.which("localedef")
    folder = tmp_path / "locales"
    folder.mkdir()
    command = [maker or "", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")]
    if maker is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("localedef can't make a locale here")
    monkeypatch.setenv("LOCPATH", str(folder))
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    except locale.Error:
        pytest.skip("this system ignores LOCPATH")
    yield
    locale.setlocale(locale.LC_ALL, before)


def test_a_library_that_sets_the_locale_changes_no_number(
    german: None, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libtrax would read 87.5 as 87, and reply with decimal commas."""
    wire, client = pair
    output, written = os.pipe()
    monkeypatch.setenv("TRAX_IN", str(wire.outlet))
    monkeypatch.setenv("TRAX_OUT", str(written))
    channel = Channel(trax.Server(["rectangle"], ["path"], ["color"]), wire)
    os.read(output, 4096)
    os.write(client, b'@@TRAX:initialize "87.5,10.25,20.75,30.5" \n' + FRAME)
    locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    [(region, _)] = channel.wait().objects
    assert region.bounds() == (87.5, 10.25, 20.75, 30.5)
    locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    channel.status([(trax.Rectangle.create(1.5, 2.5, 3.5, 4.5), {})])
    assert b'"1.5000,2.5000,3.5000,4.5000"' in os.read(output, 4096)
    os.close(client)


def test_masks_go_through_as_they_are(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, client = pair
    output, written = os.pipe()
    monkeypatch.setenv("TRAX_IN", str(wire.outlet))
    monkeypatch.setenv("TRAX_OUT", str(written))
    channel = Channel(trax.Server(["mask"], ["path"], ["color"], multiobject=True), wire)
    array = (np.random.default_rng(0).random((300, 400)) < 0.5).astype(np.uint8)
    flat = np.concatenate([[0], array.ravel()])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    runs = np.diff(np.concatenate([[0], changes, [array.size]]))
    text = "mask:-7,9,400,300," + ",".join(str(run) for run in runs)
    request = f'@@TRAX:initialize "{text}" \n'.encode() + FRAME  # more than a pipe holds
    threading.Thread(target=lambda: os.fdopen(client, "wb").write(request)).start()
    [(region, _)] = channel.wait().objects
    assert region.offset() == (-7, 9)
    assert np.array_equal(region.array(), array)
    os.close(output)
