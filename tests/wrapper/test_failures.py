"""Whatever goes wrong: the client gets one clear line, the process ends; a traceback arrives where
the line alone can't explain the failure. tests/fuzz sends whatever else may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trax
from wrapper.peer import Connect, Peer, mask, rectangle

SQUARE = (1, 1, 4, 4)


def failure(
    peer: Peer, call: Callable[..., object], *arguments: Any, traceback: bool = False
) -> str:
    """The reason of the quit message, after checks that hold for every failure."""
    with pytest.raises(trax.TraxException) as caught:
        call(*arguments)
    assert peer.exit_code() == 1
    log = peer.stray_lines()
    assert any("the tracker process fails" in line for line in log)
    # The toolkit looks for this word, and shows what follows it instead of the reason.
    assert any(line.startswith("Traceback") for line in log) == traceback
    start = "Server terminated the session: "
    message = str(caught.value)
    start_at = message.index(start) + len(start)
    return message[start_at:]


def test_a_late_region_is_named_by_its_frame_and_object(
    connect: Connect, images: list[Path]
) -> None:
    peer = connect()
    peer.initialize(images[0], rectangle(*SQUARE), rectangle(*SQUARE))
    peer.frame(images[1])
    reason = failure(peer, peer.frame, images[2], rectangle(*SQUARE), mask(np.zeros((3, 3))))
    assert reason.startswith(f"RequestError: frame 2 ({images[2]}): object 3: the mask is empty")


def test_a_failing_model_and_a_reason_that_would_break_a_line(
    connect: Connect, images: list[Path]
) -> None:
    peer = connect("noise", "broken")  # and what else is printed hides no failure
    peer.initialize(images[0], rectangle(*SQUARE))
    peer.frame(images[1])
    reason = failure(peer, peer.frame, images[2], traceback=True)
    assert reason == (
        f"RequestError: frame 2 ({images[2]}): RuntimeError: "
        'the model failed with "quotes", \\ and an \\xe9'
    )


@pytest.mark.parametrize(
    ("behavior", "complaint", "traceback"),
    [
        ("nan", "the confidence is nan", False),
        ("exit", "a library calls exit", True),
    ],
)
def test_a_tracker_that_misbehaves(
    connect: Connect, images: list[Path], behavior: str, complaint: str, traceback: bool
) -> None:
    peer = connect(behavior)
    peer.initialize(images[0], rectangle(*SQUARE))
    peer.frame(images[1])
    assert complaint in failure(peer, peer.frame, images[2], traceback=traceback)


def test_a_failure_after_the_reply_reaches_the_next_request(
    connect: Connect, images: list[Path]
) -> None:
    peer = connect("unsettled")
    peer.initialize(images[0], rectangle(*SQUARE))
    peer.frame(images[1])
    peer.frame(images[2])
    reason = failure(peer, peer.frame, images[3], traceback=True)
    assert reason.startswith(f"RequestError: frame 2 ({images[2]}): ")
    assert reason.endswith("the memory is full")


def test_failures_before_the_hello_have_a_reason_too(connect: Connect, images: list[Path]) -> None:
    peer = connect("unloadable")
    reason = failure(peer, peer.initialize, images[0], rectangle(*SQUARE), traceback=True)
    assert reason == "RuntimeError: the weights are damaged"


def test_a_frame_before_any_initialize(connect: Connect, images: list[Path]) -> None:
    peer = connect()
    peer.stdin.write(f'@@TRAX:frame "file://{images[0]}" \n'.encode())
    assert peer.exit_code() == 1


def test_a_failure_is_kept_in_the_log_file(
    connect: Connect, images: list[Path], tmp_path: Path
) -> None:
    log = tmp_path / "samurai.log"
    log.write_text("from another process\n")
    peer = connect("broken", env={"SAMURAI_LOG": str(log), "SAMURAI_GOLDENS": "1"})
    peer.initialize(images[0], rectangle(*SQUARE))
    peer.frame(images[1])
    failure(peer, peer.frame, images[2], traceback=True)
    text = log.read_text()
    assert text.startswith("from another process\n")
    assert "SAMURAI_GOLDENS is not a setting and has no effect" in text
    assert "Traceback" in text
    assert "from another process" not in "".join(peer.stray_lines())


def test_a_misspelt_setting_is_refused_in_one_line(connect: Connect, images: list[Path]) -> None:
    peer = connect(env={"SAMURAI_POLICI": "dam"})
    reason = failure(peer, peer.initialize, images[0], rectangle(*SQUARE))
    assert "SAMURAI_POLICI is not a setting (did you mean SAMURAI_POLICY?)" in reason
    assert "Remedy: " in reason
