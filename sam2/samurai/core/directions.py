"""A video tracked forward, backward, or both ways from where its objects were prompted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Protocol

from samurai.core.identities import as_object_id
from samurai.core.offline import OfflineSession
from samurai.core.preprocess import Frame
from samurai.core.session import Session
from samurai.core.session_checks import as_frame_index
from samurai.errors import ConfigurationError
from samurai.regions import Answer, ObjectId, Region, as_region

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

    Returns:
        The index of each frame, and the answers of the objects that a direction reaches there.

    Raises:
        ConfigurationError: another direction, prompts of another form, a prompt's frame that isn't
            in the video, or a tracker whose answers come at the end.
        RegionError, SessionError: a region or an identity can't be used.
    """
    if direction not in ("forward", "backward", "both"):
        raise ConfigurationError(f"a direction is forward, backward or both, not {direction!r}")
    checked = _checked(prompts, len(frames))
    return _directions(new_session, frames, checked, direction)


def _checked(
    prompts: Mapping[Any, tuple[int, Region]], length: int
) -> dict[ObjectId, tuple[int, Region]]:
    """The prompts, if they can be used in a video of that many frames."""
    form = "prompts are {object_id: (frame_index, region)}"
    if not isinstance(prompts, Mapping):
        raise ConfigurationError(f"{form}, not {type(prompts).__name__}")
    checked = {}
    for object_id, prompt in prompts.items():
        if not isinstance(prompt, tuple) or len(prompt) != 2:
            raise ConfigurationError(f"{form}; object {object_id!r} has {prompt!r}")
        index, region = as_frame_index(prompt[0]), as_region(prompt[1])
        if not 0 <= index < length:
            raise ConfigurationError(
                f"object {object_id!r} is prompted in frame {index}, but the video has the frames "
                f"0 to {length - 1}"
            )
        checked[as_object_id(object_id)] = index, region
    return checked


def _directions(
    new_session: Callable[[], Session],
    frames: Frames,
    prompts: Mapping[ObjectId, tuple[int, Region]],
    direction: Direction,
) -> Iterator[tuple[int, list[Answer]]]:
    """One pass, or two."""
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
    prompts: Mapping[ObjectId, tuple[int, Region]],
    order: range,
) -> Iterator[tuple[int, list[Answer]]]:
    """One pass; objects join it in the frames of their prompts."""
    with new_session() as session:
        if isinstance(session, OfflineSession):
            raise ConfigurationError(
                "offline answers come at the end: use a tracker without offline"
            )
        for index in order:
            new = {name: region for name, (at, region) in prompts.items() if at == index}
            advance = session.step if session.frame_index >= 0 else session.start
            yield index, advance(frames[index], new)
            session.update_memory_async()
