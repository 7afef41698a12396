"""Downloads from a local server that breaks off, ignores Range and lies.

The official files couldn't be fetched where these tests were written; what is served is a complete
checkpoint of a small architecture, verified on arrival as the official ones are.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samurai.errors import CheckpointError, ConfigurationError
from samurai.models import checkpoints
from samurai.models.checkpoints import download, load_model, model_card, verify
from samurai.models.download import CHUNK, Patience, fetch
from samurai.models.manifest import ModelCard

HASTE = Patience(fruitless=3, first_pause=0.0, connect_timeout=2.0, read_timeout=0.5)

CardMaker = Callable[..., ModelCard]
Get = Callable[..., Path]


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture()
def card(micro_card: CardMaker, host: Any) -> ModelCard:
    return micro_card(url=host.url)


@pytest.fixture()
def get(card: ModelCard, folder: Path) -> Get:
    def get(**changes: Any) -> Path:
        return fetch(changes.pop("card", card), folder, verify=verify, patience=HASTE, **changes)

    return get


def refusal(get: Get, pattern: str, **changes: Any) -> str:
    with pytest.raises(CheckpointError, match=pattern) as caught:
        get(**changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_a_whole_file(
    get: Get, host: Any, card: ModelCard, folder: Path, micro_checkpoint: bytes
) -> None:
    steps: list[tuple[int, int]] = []
    path = get(progress=lambda done, total: steps.append((done, total)))
    assert path == folder / "micro.pt"
    assert path.read_bytes() == micro_checkpoint
    digest = hashlib.sha256(micro_checkpoint).hexdigest()
    assert (folder / "micro.pt.sha256").read_text() == f"{digest}  micro.pt\n"
    assert files(folder) == {"micro.pt", "micro.pt.sha256"}
    assert load_model(card, path).image_size == 128
    assert steps == sorted(steps)
    assert steps[-1] == (card.bytes, card.bytes)
    assert {total for _, total in steps} == {card.bytes}
    host.asked.clear()
    assert get() == path and host.asked == [], "what is there is not fetched again"


def test_a_broken_connection_is_taken_up_where_it_ended(
    get: Get, host: Any, micro_checkpoint: bytes
) -> None:
    host.break_after = [10 * CHUNK, 5 * CHUNK, 1]
    steps: list[int] = []
    assert get(progress=lambda done, _: steps.append(done)).read_bytes() == micro_checkpoint
    assert host.asked[0] is None
    assert len(host.asked) == 4
    starts = [int(re.sub(r"\D", "", asked)) for asked in host.asked[1:]]
    assert starts == sorted(starts)
    assert 9 * CHUNK <= starts[0] <= 10 * CHUNK
    assert steps == sorted(steps), "nothing arrived twice"


def test_a_complete_part_needs_no_server(
    get: Get, host: Any, folder: Path, micro_checkpoint: bytes
) -> None:
    folder.mkdir()
    (folder / "micro.pt.part").write_bytes(micro_checkpoint)
    assert get().read_bytes() == micro_checkpoint
    assert host.asked == []


def test_it_gives_up_and_keeps_what_came(
    get: Get, host: Any, folder: Path, micro_checkpoint: bytes
) -> None:
    host.break_after = [3 * CHUNK, 0, 0, 0, 0, 0]
    message = refusal(get, "broke off")
    assert "run `samurai download micro` again" in message
    assert len(host.asked) == 1 + HASTE.fruitless
    assert files(folder) == {"micro.pt.part"}
    host.break_after = []
    assert get().read_bytes() == micro_checkpoint


def test_a_server_without_range_starts_over(get: Get, host: Any, micro_checkpoint: bytes) -> None:
    host.ranges, host.break_after, host.stated_length = False, [4 * CHUNK], None
    assert get().read_bytes() == micro_checkpoint
    assert len(host.asked) == 2
    assert host.asked[1] is not None


def test_a_server_without_range_that_always_breaks_off_ends(get: Get, host: Any) -> None:
    host.ranges, host.break_after = False, [4 * CHUNK] * 20
    refusal(get, "broke off")
    assert len(host.asked) == 1 + HASTE.fruitless


@pytest.mark.parametrize("change", [-1, 1])
def test_another_length_is_refused_before_it_is_fetched(
    get: Get, host: Any, folder: Path, card: ModelCard, change: int
) -> None:
    host.stated_length = card.bytes + change
    refusal(get, f"offers {card.bytes + change} bytes, the manifest says {card.bytes}")
    assert files(folder) == set()


def test_more_than_promised_without_a_length(
    get: Get, host: Any, micro_checkpoint: bytes, folder: Path
) -> None:
    host.content, host.stated_length = micro_checkpoint + bytes(1000), None
    refusal(get, "sends more than")
    assert "micro.pt" not in files(folder)


def test_a_part_longer_than_the_file_is_dropped(
    get: Get, host: Any, folder: Path, micro_checkpoint: bytes
) -> None:
    folder.mkdir()
    (folder / "micro.pt.part").write_bytes(micro_checkpoint + b"tail")
    assert get().read_bytes() == micro_checkpoint
    assert host.asked == [None]


def test_416_starts_over(get: Get, host: Any, folder: Path, micro_checkpoint: bytes) -> None:
    """A server that refuses the Range of a part it could continue."""
    folder.mkdir()
    (folder / "micro.pt.part").write_bytes(micro_checkpoint[:1000])
    host.statuses = [416]
    assert get().read_bytes() == micro_checkpoint
    assert host.asked == ["bytes=1000-", None]


def test_an_answer_from_another_position(
    get: Get, host: Any, folder: Path, micro_checkpoint: bytes
) -> None:
    folder.mkdir()
    (folder / "micro.pt.part").write_bytes(micro_checkpoint[:1000])
    host.shift = 7
    refusal(get, "asked to go on from byte 1000 and answers from 1007")


@pytest.mark.parametrize("status", [403, 404])
def test_a_file_that_is_not_there(get: Get, host: Any, folder: Path, status: int) -> None:
    host.statuses = [status]
    refusal(get, f"answers {status}")
    assert len(host.asked) == 1
    assert files(folder) == set()


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_in_trouble_is_asked_again(
    get: Get, host: Any, micro_checkpoint: bytes, status: int
) -> None:
    host.statuses = [status, status]
    assert get().read_bytes() == micro_checkpoint
    assert len(host.asked) == 3


def test_a_server_that_stays_in_trouble(get: Get, host: Any, folder: Path) -> None:
    host.statuses = [503] * 20
    refusal(get, "503")
    assert len(host.asked) == HASTE.fruitless
    assert files(folder) == set()


def test_without_a_server(
    micro_card: CardMaker, folder: Path, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    message = refusal(get, "can't be reached", card=micro_card(url=f"http://127.0.0.1:{port}/x"))
    assert str(folder / "micro.pt") in message

    def no_name_server(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_name_server)
    refusal(get, r"^weights\.example can't be reached", card=micro_card())
    assert files(folder) == set()


def test_a_silent_server(micro_card: CardMaker, folder: Path, get: Get) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        card = micro_card(url=f"http://127.0.0.1:{mute.getsockname()[1]}/x.pt")
        refusal(get, "ReadTimeout", card=card)
    assert files(folder) == set()


def test_a_page_of_the_same_length_is_no_checkpoint(
    get: Get, host: Any, folder: Path, card: ModelCard
) -> None:
    host.content = b"<html>".ljust(card.bytes)
    refusal(get, "rejected and removed.*not a checkpoint")
    assert files(folder) == set()


def test_silent_damage_is_noticed(
    get: Get, host: Any, folder: Path, micro_checkpoint: bytes
) -> None:
    """One wrong byte in a tensor: the length is right, and torch would load it."""
    content = bytearray(micro_checkpoint)
    content[len(content) // 2] ^= 0xFF
    host.content = bytes(content)
    refusal(get, "damaged in its member")
    assert files(folder) == set()


def test_a_part_of_another_file_is_noticed(get: Get, folder: Path, micro_checkpoint: bytes) -> None:
    folder.mkdir()
    start = bytearray(micro_checkpoint[: len(micro_checkpoint) // 2])
    start[-1000:] = bytes(1000)
    (folder / "micro.pt.part").write_bytes(start)
    refusal(get, "rejected and removed")
    assert get().read_bytes() == micro_checkpoint


def test_the_first_download_is_binding(get: Get, host: Any, folder: Path, card: ModelCard) -> None:
    path = get()
    record = folder / "micro.pt.sha256"
    first = record.read_text()
    path.unlink()
    record.write_text("0" * 64 + "  micro.pt\n")
    message = refusal(get, "recorded 0000")
    assert first.split()[0] in message
    assert "micro.pt" not in files(folder)
    record.write_text(first)
    assert get() == path


def test_a_changed_file_under_the_final_name(get: Get, folder: Path) -> None:
    path = get()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    refusal(get, "has sha256")
    assert path.is_file(), "the user's file isn't ours to delete"


def test_a_file_put_there_by_hand_is_checked_and_recorded(
    get: Get, host: Any, folder: Path, micro_checkpoint: bytes
) -> None:
    folder.mkdir()
    (folder / "micro.pt").write_bytes(micro_checkpoint)
    get()
    assert host.asked == []
    assert "micro.pt.sha256" in files(folder)


def test_a_second_download_at_the_same_time(
    get: Get, host: Any, folder: Path, micro_checkpoint: bytes
) -> None:
    def again(done: int, total: int) -> None:
        if not refused:
            refused.append(refusal(get, "another process is writing"))

    refused: list[str] = []
    assert get(progress=again).read_bytes() == micro_checkpoint
    assert refused
    assert len(host.asked) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up(get: Get, folder: Path) -> None:
    folder.mkdir()
    (folder / "micro.pt.part").symlink_to("/dev/full")
    message = refusal(get, "is full: micro needs")
    assert "SAMURAI_CHECKPOINTS" in message
    assert not (folder / "micro.pt").exists()


def test_a_disk_that_is_too_small(get: Get, host: Any, folder: Path, micro_card: CardMaker) -> None:
    size = shutil.disk_usage("/").total * 1000
    host.stated_length = size
    refusal(get, "is full", card=micro_card(url=host.url, bytes=size))
    assert files(folder) == set()


def test_a_folder_that_is_none(get: Get, folder: Path) -> None:
    folder.write_text("a file in the way")
    refusal(get, "can't be used")


def test_download_by_name(
    monkeypatch: pytest.MonkeyPatch, host: Any, card: ModelCard, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoints, "model_card", lambda name: card)
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path / "mine"))
    assert download("micro") == tmp_path / "mine" / "micro.pt"
    assert download("micro", tmp_path / "yours") == tmp_path / "yours" / "micro.pt"


def test_the_bundled_model_is_only_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path))
    assert download("nano").name == model_card("nano").file
    assert os.listdir(tmp_path) == []


def test_an_unknown_name() -> None:
    with pytest.raises(ConfigurationError, match="available: nano"):
        download("huge")
