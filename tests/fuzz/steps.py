"""What the fuzzer does to a tracker process, and what the process owes for it.

Each step is a function of the story so far (see `story`): it sends bytes and checks what comes
back. Those in LAST end the process.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fuzz import regions
from fuzz.peer import QUIT, STATE, Fault

if TYPE_CHECKING:
    from fuzz.story import Story

Step = Callable[["Story"], None]

WEIRD_PROPERTIES = [
    b"k=", b"=", b"=v", b"a=b=c", b"k=v w", b'k=\\"quoted\\"', b"k=back\\\\slash", b"k=\xc3\xa9",
    b"\xe9\xff\xfe=\xff", b"trax.reason=no", b"prompt=nonsense", b"a/b.c d=1",
    b"k=" + b"x" * 50_000, b"k" * 50_000 + b"=v", b"k=line\\nend", b"object=0",
    b"time=nan", b"k=\x01\x7f\t",
]  # fmt: skip
GARBAGE = [
    b"\n", b"noise\n", b"  @@TRAX:frame\n", b"@TRAX:quit\n", b"\xff\xfe\x00\n",
    b"\x00" * 999 + b"\n", b"x" * 100_000 + b"\n", b"@@trax:quit \n", b"\r\n\r\n",
]  # fmt: skip
BROKEN = [
    b"@@TRAX:\n", b"@@TRAX: \n", b"@@TRAX:bogus \n", b"@@TRAX:state \n", b"@@TRAX:frame \n",
    b'@@TRAX:hello "trax.version=4" \n', b'@@TRAX:state "1,2,3,4" \n', b'@@TRAX:frame "" \n',
    b'@@TRAX:frame "unclosed \n', b"@@TRAX:frame unquoted \n", b'@@TRAX:frame "a" b "c=d" \n',
    b'@@TRAX:frame "file:///dev/null" "noproperty" \n', b"@@TRAX:frame\x00 \n", b"@@TRAX:FRAME \n",
    b'@@TRAX:frame "data:image/png;base64,AAAA" \n', b'@@TRAX:frame "http://127.0.0.1:1/a.png" \n',
    b'@@TRAX:frame "image:4;4;rgb;AAAAAAAA" \n', b'@@TRAX:frame "file:///tmp/a\x00.png" \n',
    b'@@TRAX:initialize "1,1,5,5" "1,1" \n', b'@@TRAX:initialize "1,1,5,5\\" \n', b"@@TRAX:\xff \n",
    b'@@TRAX:frame "file://" \n', b'@@TRAX:frame "file:///samurai-encoded-path/zz" \n',
    b'@@TRAX:initialize \n@@TRAX:initialize \n@@TRAX:frame "file:///dev/null" \n',
]  # fmt: skip


def quoted(argument: bytes) -> bytes:
    escaped = argument.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def frame(path: bytes, prefix: bytes = b"file://", properties: Sequence[bytes] = ()) -> bytes:
    rest = b"".join(b' "' + each + b'"' for each in properties)
    return b"@@TRAX:frame " + quoted(prefix + path) + rest + b" \n"


def objects(story: Story, count: int, weird: bool = False) -> bytes:
    """The lines of new objects; the story notes how they are to be answered."""
    lines = []
    for _ in range(count):
        text, properties, kind = regions.sound(story.rng)
        parts = [text.encode(), *(each.encode() for each in properties)]
        if weird and not properties:
            parts.append(story.pick(WEIRD_PROPERTIES))
        lines.append(b"@@TRAX:initialize " + b" ".join(b'"' + p + b'"' for p in parts) + b" \n")
        story.kinds.append(kind)
    return b"".join(lines)


def begin(story: Story, weird: bool = False) -> bytes:
    """The lines of a new video."""
    first = not story.started
    story.started, story.kinds, story.time = True, [], -1
    reset = b"" if first and story.rng.random() < 0.5 else b"@@TRAX:initialize \n"
    return reset + objects(story, int(story.rng.integers(1, 7)), weird)


def advance(story: Story, request: bytes, piece: int = 1 << 16) -> None:
    """Send a request that owes a reply, and check that."""
    story.peer.send(request)
    replied(story, piece)


def replied(story: Story, piece: int = 1 << 16) -> None:
    story.time += 1
    for number, kind in enumerate(story.kinds):
        line = story.peer.line(piece)
        state = STATE.fullmatch(line or b"")
        if state is None:
            raise Fault(f"object {number} of {len(story.kinds)}: {line!r} for a reply")
        if state[1].startswith(b"mask:") != (kind == "mask"):
            raise Fault(f"a {kind} answered by {state[1][:80]!r}")
        if story.real:
            continue
        if abs(float(state[7]) - (number + story.time / 1000)) > 1e-5:
            raise Fault(f"object {number} at {story.time} answered by {state[7]!r}: wrong order")
        absent = (number + story.time) % 5 == 4
        if kind == "rectangle" and absent != (state[1] == b"0.0000,0.0000,0.0000,0.0000"):
            raise Fault(f"absent is {absent}, answered by {state[1]!r}")
        if kind == "mask":
            runs = [int(run) for run in state[6].split(b",") if run]
            if sum(runs) > int(state[4]) * int(state[5]) or absent != (sum(runs[1::2]) == 0):
                raise Fault(f"absent is {absent}, answered by {state[1][:200]!r}")
    story.replies += 1


def ended(story: Story, code: int = 1, reason: bytes | None = None) -> None:
    """The process owes a quit with a reason, the exit code, and the reason in its log."""
    line = story.peer.line()
    message = QUIT.fullmatch(line or b"")
    if message is None or not message[1]:
        raise Fault(f"{line!r} for a quit with a reason")
    if reason is not None and reason not in message[1]:
        raise Fault(f"a quit with {message[1]!r}, not with {reason!r}")
    if story.peer.line() is not None:
        raise Fault("a message after the quit")
    gone(story, code)
    if b"the tracker process fails" not in story.peer.log():
        raise Fault("the log doesn't tell of the failure")


def gone(story: Story, *codes: int) -> None:
    if story.peer.exit_code() not in codes:
        raise Fault(f"exit code {story.peer.exit_code()}, expected {codes}")


# Steps after which the conversation goes on.


def plain_frame(story: Story) -> None:
    advance(story, frame(story.good()))


def any_frame(story: Story) -> None:
    advance(story, frame(story.pick(list(story.sound.values())), story.pick([b"file://", b""])))


def late_objects(story: Story) -> None:
    request = objects(story, int(story.rng.integers(1, 4)))
    advance(story, request + frame(story.good()))


def new_video(story: Story) -> None:
    advance(story, begin(story) + frame(story.good()))


def weird_properties(story: Story) -> None:
    request = begin(story, weird=True)
    properties = [story.pick(WEIRD_PROPERTIES) for _ in range(int(story.rng.integers(1, 4)))]
    advance(story, request + frame(story.good(), properties=properties))


def other_lines(story: Story) -> None:
    noise = b"".join(story.pick(GARBAGE) for _ in range(int(story.rng.integers(1, 4))))
    advance(story, noise + frame(story.good()))


def random_lines(story: Story) -> None:
    noise = story.rng.bytes(int(story.rng.integers(1, 2000))).replace(b"@", b"#")
    advance(story, noise + b"\n" + frame(story.good()))


def in_pieces(story: Story) -> None:
    request = objects(story, 1) + frame(story.good())
    cuts = sorted(int(cut) for cut in story.rng.integers(0, len(request), 6))
    for start, end in zip([0, *cuts], [*cuts, len(request)], strict=True):
        story.peer.send(request[start:end])
    replied(story)


def carriage_returns(story: Story) -> None:
    advance(story, frame(story.good()).replace(b" \n", b" \r\n"))


def slow_reader(story: Story) -> None:
    advance(story, frame(story.good()), piece=7)


def many_at_once(story: Story) -> None:
    count = int(story.rng.integers(5, 25))
    story.peer.send(frame(story.good()) * count)
    for _ in range(count):
        replied(story)


def stopped_and_continued(story: Story) -> None:
    story.peer.signal(signal.SIGSTOP)
    story.peer.send(frame(story.good()))
    story.peer.signal(signal.SIGCONT)
    replied(story)


def noisy_tracker(story: Story) -> None:
    advance(story, frame(story.special["NOISY"]))


# Steps that end the process.


def quits(story: Story) -> None:
    story.peer.send(b"@@TRAX:quit \n")
    if story.peer.line() is not None:
        raise Fault("a message after the client's quit")
    gone(story, 0)


def quits_with_objects(story: Story) -> None:
    story.peer.send(objects(story, 2))
    quits(story)


def hostile_region(story: Story) -> None:
    region = story.pick(regions.HOSTILE).encode()
    before = begin(story) if story.rng.random() < 0.5 else b""
    story.peer.send(before + b'@@TRAX:initialize "' + region + b'" \n' + frame(story.good()))
    ended(story)


def doubtful_region(story: Story) -> None:
    region = story.pick(regions.DOUBTFUL).encode()
    story.peer.send(b'@@TRAX:initialize \n@@TRAX:initialize "' + region + b'" \n')
    story.peer.send(frame(story.good()) + b"@@TRAX:quit \n")
    anything(story, 0, 1)


def broken_image(story: Story) -> None:
    name = story.pick(sorted(story.broken))
    story.peer.send(frame(story.broken[name]))
    ended(story)


def vanishing_image(story: Story) -> None:
    path = story.folder / "vanishing.png"
    path.write_bytes((story.folder / "RGB.png").read_bytes())
    story.peer.send(frame(os.fsencode(path)) + b"@@TRAX:quit \n")
    path.unlink(missing_ok=True)
    anything(story, 0, 1)


def broken_message(story: Story) -> None:
    story.peer.send(story.pick(BROKEN))
    ended(story)


def mutated_message(story: Story) -> None:
    request = bytearray(begin(story) + frame(story.good()))
    for _ in range(int(story.rng.integers(1, 6))):
        place = int(story.rng.integers(0, len(request)))
        how = story.rng.integers(0, 3)
        if how == 0:
            request[place] = int(story.rng.integers(0, 256))
        elif how == 1:
            del request[place]
        else:
            request.insert(place, int(story.rng.integers(0, 256)))
    story.peer.send(bytes(request) + b"\n@@TRAX:quit \n")
    anything(story, 0, 1)


def anything(story: Story, *codes: int) -> None:
    """Replies or a quit with a reason; every line was checked when it was read."""
    while (line := story.peer.line()) is not None:
        message = QUIT.fullmatch(line)
        if message is not None and not message[1]:
            raise Fault("a quit without a reason")
    gone(story, *codes)


def failing_tracker(story: Story) -> None:
    name = story.pick(["BROKEN", "NOT_A_NUMBER", "FORGETFUL"])
    story.peer.send(frame(story.special[name]))
    ended(story, reason=b"RequestError: frame ")


def leaves(story: Story) -> None:
    """The client closes its end, perhaps in the middle of something."""
    request = objects(story, 1) + frame(story.good())
    story.peer.send(request[: int(story.rng.integers(0, len(request)))])
    story.peer.close_output()
    if story.rng.random() < 0.5:
        ended(story, reason=b"disconnected")
    else:
        story.peer.close_input()
        gone(story, 1)


def stops_reading(story: Story) -> None:
    story.peer.close_input()
    story.peer.send(frame(story.good()))
    gone(story, 1)


def dies_while_computing(story: Story) -> None:
    story.peer.send(frame(story.special["BUSY"]))
    time.sleep(0.05)
    story.peer.close_input()
    story.peer.close_output()
    gone(story, 1)


def signaled(story: Story) -> None:
    number = story.pick([signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    story.peer.signal(number)
    ended(story, 128 + number, b"stopped by SIG")


def signaled_while_computing(story: Story) -> None:
    story.peer.send(frame(story.special["BUSY"]))
    time.sleep(0.05)
    story.peer.signal(signal.SIGTERM)
    if story.peer.line() is not None:
        raise Fault("a message from a process that was busy")
    gone(story, 128 + signal.SIGTERM)


def signaled_at_work(story: Story) -> None:
    story.peer.send(frame(story.good()) * 20)
    story.peer.signal(signal.SIGTERM)
    anything(story, 128 + signal.SIGTERM)


GOES_ON: dict[Step, float] = {
    plain_frame: 40, any_frame: 20, late_objects: 6, new_video: 10, weird_properties: 4,
    other_lines: 4, random_lines: 4, in_pieces: 3, carriage_returns: 1, slow_reader: 2,
    many_at_once: 2, stopped_and_continued: 1, noisy_tracker: 1,
}  # fmt: skip
LAST: dict[Step, float] = {
    quits: 6, quits_with_objects: 2, hostile_region: 20, doubtful_region: 5, broken_image: 12,
    vanishing_image: 3, broken_message: 10, mutated_message: 14, failing_tracker: 6, leaves: 8,
    stops_reading: 3, dies_while_computing: 0.1, signaled: 5, signaled_while_computing: 0.1,
    signaled_at_work: 3,
}  # fmt: skip
"""Shares of the steps; those that take the process's grace time are rare."""
OF_THE_BOOK = (noisy_tracker, failing_tracker, dies_while_computing, signaled_while_computing)
"""Steps that need `zygote.BookTracker`."""
