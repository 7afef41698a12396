"""A video tracked forward, backward, or both ways from where its objects were prompted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Protocol

from samurai.core.preprocess import Frame
from samurai.core.session import Session
from samurai.errors import ConfigurationError
from samurai.regions import Answer, Region

Direction = Literal["forward", "backward", "both"]


class Frames(Protocol):
    """A video whose frames can be had in any order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Frame: ...


def track_directions(
    new_session: Callable[[], Session],
    frames: Frames,
    prompts: Mapping[Any, tuple[int, Region]],
    direction: Direction = "both",
) -> Iterator[tuple[int, list[Answer]]]:
    """Track objects from the frames of their prompts to the video's ends.

    Forward first, then backward, each by a session of its own. An object has one answer per frame:
    that of its prompt's frame comes once, with the first of the two.

    Args:
        new_session: makes an empty session, `tracker.session`.
        frames: of the video.
        prompts: by identity, the index of a frame and the region in it.

    Yields:
        The index of a frame, and the answers of the objects that this direction reaches there.

    Raises:
        ConfigurationError: a prompt's frame isn't in the video, or another direction.
    """
    if direction not in ("forward", "backward", "both"):
        raise ConfigurationError(f"a direction is forward, backward or both, not {direction!r}")
    for object_id, (index, _) in prompts.items():
        if not 0 <= index < len(frames):
            raise ConfigurationError(
                f"object {object_id!r} is prompted in frame {index}, but the video has the frames "
                f"0 to {len(frames) - 1}"
            )
    if not prompts:
        return
    starts = [index for index, _ in prompts.values()]
    if direction != "backward":
        yield from _run(new_session, frames, prompts, range(min(starts), len(frames)))
    if direction != "forward":
        for index, answers in _run(new_session, frames, prompts, range(max(starts), -1, -1)):
            if direction == "both":  # the prompt's frame was answered on the way forward
                answers = [a for a in answers if prompts[a.object_id][0] != index]
            if answers:
                yield index, answers


def _run(
    new_session: Callable[[], Session],
    frames: Frames,
    prompts: Mapping[Any, tuple[int, Region]],
    order: range,
) -> Iterator[tuple[int, list[Answer]]]:
    """One pass; objects join it in the frames of their prompts."""
    with new_session() as session:
        for index in order:
            new = {name: region for name, (at, region) in prompts.items() if at == index}
            advance = session.step if session.frame_index >= 0 else session.start
            yield index, advance(frames[index], new)
            session.update_memory_async()
