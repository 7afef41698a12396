"""The TraX conversation: requests in, answers out.

One request is one frame: read the image, turn its new regions into prompts, let the session answer,
reply, and only then let the session write its memory (the client doesn't wait for that part). A
frame's file is never touched before its request has arrived.

On multi-object: the server declares it unless SAMURAI_OBJECTS says otherwise. A client with one
object sends one and gets one answer, and the toolkit's single-object experiments do exactly that;
several objects, and objects that start in mid-sequence, come through the same two requests. Where
it isn't declared the toolkit runs the tracker once per object.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import trax

from samurai.errors import ConfigurationError, FrameError, RegionError, SamuraiError, SessionError
from samurai.mask_cleanup import cleaned, note_shared
from samurai.regions import Answer, Box, Mask, Points
from samurai.runtime.profiling import span
from samurai.video.images import Frame, read_frame
from vot_wrapper.settings import Settings
from vot_wrapper.trax.regions import PointTrack, answer_kind, to_prompt, to_trax
from vot_wrapper.trax.wire import path_of

log = logging.getLogger(__name__)

Prompt: TypeAlias = Box | Mask | Points
Introduced: TypeAlias = tuple[Any, Mapping[str, str]]  # a region and the properties beside it


class SessionLike(Protocol):
    """The part of `samurai.Session` that the conversation uses."""

    def start(self, frame: Frame, objects: Sequence[Prompt]) -> list[Answer]:
        """Answers to the first frame, one per object."""

    def step(self, frame: Frame, new_objects: Sequence[Prompt]) -> list[Answer]:
        """Answers to the next frame, one per object, new ones last."""

    def update_memory_async(self) -> None:
        """Store the frame just answered in the background, while the client is working."""


class TrackerLike(Protocol):
    """The part of `samurai.Tracker` that the conversation uses."""

    def session(self) -> SessionLike:
        """A session for a new video."""


class ChannelLike(Protocol):
    """A client: a `wire.Channel` to the other end of a pipe, or a folder of files."""

    def wait(self) -> Any:
        """The next request, a `trax.server.Request`."""

    def status(self, objects: list[tuple[trax.Region, dict[str, str]]]) -> None:
        """Reply with the regions and properties of all objects so far."""

    def quit(self, reason: str) -> None:
        """End the conversation because of a failure."""

    def frame_name(self, number: int) -> str:
        """What a message calls the frame of this number, counted from the start of the video."""

    def object_name(self, number: int) -> str:
        """What a message calls the object of this number in the order of introduction."""


class RequestError(SamuraiError):
    """A request failed; names the frame (and object), the cause is chained."""


class TraxHandler:
    """All requests of one client, over any number of initializations.

    Args:
        channel: to the client, after the hello.
        tracker: loaded and warmed up.
        settings: how regions are read and answers given.
    """

    def __init__(self, channel: ChannelLike, tracker: TrackerLike, settings: Settings) -> None:
        if getattr(tracker, "offline", False):
            raise ConfigurationError(
                "an offline tracker answers when the video is finished, and TraX wants an answer "
                "to every frame: make the tracker with offline=False"
            )
        self._channel = channel
        self._settings = settings
        self._session = tracker.session()
        self._kinds: list[str] = []
        self._tracks: dict[int, PointTrack] = {}  # of the objects that are points
        self._frame_number = -1
        self._noted = False  # warnings about the images of this video

    def run(self) -> None:
        """Answer requests until the client quits.

        Raises:
            RequestError: a frame or a region can't be used, or the tracker failed on it.
            ClientError: the client disconnected, or sent something else than a TraX request.
        """
        while True:
            request = self._channel.wait()
            if request.type == trax.TraxStatus.QUIT:
                return
            self.answer(request)

    def answer(self, request: Any) -> None:
        """Answer one request, `trax.server.Request`, and let the session write its memory.

        Raises:
            RequestError: as for `run`.
        """
        if request.type == trax.TraxStatus.INITIALIZE:
            self._frame_number = -1
            self._kinds = []
            self._tracks = {}
            self._noted = False
        self._frame_number += 1
        path = _image_path(request.image)
        try:
            with span("frame"):
                states = self._states(request, path)
                with span("reply"):
                    self._channel.status(states)
                self._session.update_memory_async()
        except Exception as error:
            text = _describe(error)
            where = self._channel.frame_name(self._frame_number)
            where += "" if path in text else f" ({path})"
            raise RequestError(f"{where}: {text}") from error

    def _states(self, request: Any, path: str) -> list[tuple[trax.Region, dict[str, str]]]:
        """Regions and properties for all objects so far, in the order of their introduction."""
        with span("read image"):
            frame = read_frame(path, self._note)
        introduced: list[Introduced] = request.objects or []
        prompts = self._prompts(introduced, (frame.shape[0], frame.shape[1]))
        if request.type == trax.TraxStatus.INITIALIZE:
            log.info("starts with %d objects at %s", len(prompts), path)
            answers = self._session.start(frame, prompts)
        else:
            answers = self._session.step(frame, prompts)
        for region, properties in introduced:
            kind = answer_kind(region, self._settings.output, properties)
            if kind == "point":
                self._tracks[len(self._kinds)] = PointTrack(*region.bounds()[:2])
            self._kinds.append(kind)
        if len(answers) != len(self._kinds):
            raise SessionError(f"{len(answers)} answers for {len(self._kinds)} objects")
        with span("reply"):
            return [(self._region(n, each), _properties(each)) for n, each in enumerate(answers)]

    def _note(self, text: str) -> None:
        """Log a warning about images, once per video."""
        if not self._noted:
            log.warning(text)
        self._noted = True

    def _prompts(
        self, introduced: Sequence[Introduced], frame_size: tuple[int, int]
    ) -> list[Prompt]:
        """Prompts for the objects that a request introduces."""
        prompts = []
        for number, (region, properties) in enumerate(introduced, start=len(self._kinds)):
            try:
                prompt = to_prompt(region, frame_size, self._settings.init, properties)
                if isinstance(prompt, Mask) and isinstance(region, trax.Mask):
                    prompt = cleaned(prompt, number)
                prompts.append(prompt)
            except RegionError as error:
                raise RegionError(f"{self._channel.object_name(number)}: {error}") from error
        note_shared(prompts, len(self._kinds))
        return prompts

    def _region(self, number: int, answer: Answer) -> trax.Region:
        """An object's answer as a TraX region."""
        if number in self._tracks:
            return self._tracks[number].follow(answer)
        return to_trax(answer, self._kinds[number])


def _image_path(images: dict[str, Any]) -> str:
    """The color image's path, the only channel that this tracker asks for."""
    image = images.get(trax.ImageChannel.COLOR)
    if not isinstance(image, trax.FileImage):
        raise FrameError(
            f"the request has no color image file (channels: {', '.join(images) or 'none'}): "
            "this tracker uses the color channel only"
        )
    return path_of(str(image.path()))


def _properties(answer: Answer) -> dict[str, str]:
    """The properties of a region: the confidence, which the toolkit stores and long-term measures
    use."""
    if not math.isfinite(answer.confidence):
        raise SessionError(
            f"object {answer.object_id}: the confidence is {answer.confidence}, so the network's "
            "numbers are broken; try SAMURAI_DTYPE=float32"
        )
    return {"confidence": f"{answer.confidence:.6f}"}


def _describe(error: Exception) -> str:
    """The message; with the type, unless the error is ours."""
    return str(error) if isinstance(error, SamuraiError) else f"{type(error).__name__}: {error}"
