"""A tracker: one loaded model on one device, with one memory policy. Sessions are made from it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import torch

from samurai.core.offline import OfflineSession
from samurai.core.session import Session
from samurai.core.warm_up import reason, release, run_once
from samurai.errors import ConfigurationError, DependencyError, DeviceError, SessionError
from samurai.models.checkpoints import load_model, model_card
from samurai.models.manifest import BoxPrompt, ModelCard
from samurai.networks.sam2.create import create_network
from samurai.policies import policy_class
from samurai.policies.base import Policy, Traits
from samurai.runtime.device import resolve_device
from samurai.runtime.precision import resolve_dtype, warn_of_emulation
from samurai.speed import Speed, checked_speed

if TYPE_CHECKING:
    from samurai.networks.sam2.build import SAM2Base

log = logging.getLogger(__name__)


class Tracker:
    """Holds what all videos share; all that a video leaves behind is in its `Session`.

    Args:
        model: a `SAM2Base` (SAM 2.1) in evaluation mode.
        policy: name of a memory policy, see `samurai.policies.policy_names()`.
        device: "auto" (CUDA, then MPS, then CPU) or a torch device.
        dtype: "auto", "float32", "bfloat16" or "float16"; half precisions are used by autocast.
            auto is bfloat16 on CUDA devices that have it and float32 elsewhere; unless exact, it
            is bfloat16 too for large inputs on a CPU that has instructions for it.
        box_prompt: how an initial box is given to the model.
        motion_weight: the w of SAMURAI for this model.
        window: side of the window that the model sees of each object, in object sizes; None for
            the whole frame, as the official models want it.
        overlap: whether masks of different objects may share pixels.
        points, flow: what follows points and measures dense flow, for policies that look at
            pictures, see `motion.points` and `motion.flow`.
        speed: "exact", "fast" or "max", see `samurai.speed`.
        offline: sessions answer when the video is finished, see `offline.OfflineSession`.
        large: whether the model is SAM 2.1 large, for which papers give other constants.
        confidence: knots that turn the model's estimate into an expected overlap, see `confidence`.

    Attributes:
        speed: as given; "exact" once a faster one has failed, see `warm_up`.

    Raises:
        ConfigurationError: a name isn't known, or the device isn't there.
    """

    def __init__(
        self,
        model: SAM2Base,
        policy: str = "samurai",
        device: str = "auto",
        dtype: str = "auto",
        box_prompt: BoxPrompt = "points",
        motion_weight: float = 0.25,
        window: float | None = None,
        confidence: Sequence[float] = (),
        overlap: bool = True,
        points: str = "lucas-kanade",
        flow: str = "dis",
        offline: bool = False,
        speed: str = "exact",
        large: bool = False,
    ) -> None:
        place = resolve_device(device)
        self.speed: Speed = checked_speed(speed)
        self.network = create_network(model, place, dtype, self.speed)
        self._spare = None if speed == "exact" else (model, dtype)  # until it has warmed up
        if dtype != "auto":
            warn_of_emulation(self.network.dtype, place)
        self.box_prompt: BoxPrompt = box_prompt
        self.window = window
        self.confidence = tuple(confidence)
        self.overlap = overlap
        self._policy = policy_class(policy)
        self._traits = Traits(
            self.network.spec.map_slots,
            self.network.spec.pointer_slots,
            motion_weight,
            points,
            flow,
            large,
        )
        self.offline = offline
        if offline and not overlap:
            raise ConfigurationError("offline answers may share pixels: leave overlap as it is")
        self.new_policy()  # refuses what isn't installed now, and not in the middle of a video

    @classmethod
    def load(
        cls,
        model: str = "nano",
        policy: str = "samurai",
        device: str = "auto",
        dtype: str = "auto",
        overlap: bool = True,
        points: str = "lucas-kanade",
        flow: str = "dis",
        offline: bool = False,
        speed: str = "exact",
    ) -> Tracker:
        """A tracker with one of the models of `checkpoints/manifest.toml`.

        The environment isn't read for settings: `SAMURAI_MODEL` and the other variables are for the
        TraX process. Only `SAMURAI_CHECKPOINTS`, where weights lie, counts here too.

        Raises:
            ConfigurationError: unknown model, policy, device or dtype; the message lists them.
            CheckpointError: the weights are missing or damaged; the message says what to do.
        """
        policy_class(policy)
        resolve_dtype(dtype, resolve_device(device))
        checked_speed(speed)
        card = model_card(model)
        return cls.of_model(
            load_model(card), card, policy, device, dtype, overlap, points, flow, offline, speed
        )

    @classmethod
    def of_model(
        cls,
        model: SAM2Base,
        card: ModelCard,
        policy: str = "samurai",
        device: str = "auto",
        dtype: str = "auto",
        overlap: bool = True,
        points: str = "lucas-kanade",
        flow: str = "dis",
        offline: bool = False,
        speed: str = "exact",
    ) -> Tracker:
        """A tracker with a model that is loaded already, used as its card says."""
        return cls(
            model,
            policy,
            device,
            dtype,
            card.box_prompt,
            card.motion_weight,
            card.window,
            card.confidence,
            overlap,
            points,
            flow,
            offline,
            speed,
            card.large,
        )

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise SessionError(
            "a tracker can't be copied or pickled: hand its settings to the other process and load "
            "one there with Tracker.load(...). Threads may share a tracker, each with a session"
        )

    def session(self) -> Session:
        """An empty session; call its `start` with a video's first frame."""
        session = Session(
            self.network,
            self.new_policy,
            self.box_prompt,
            self.window,
            self.confidence,
            self.overlap,
        )
        # the same calls, but for answers that come at the end
        return OfflineSession(session) if self.offline else session  # type: ignore[return-value]

    def new_policy(self) -> Policy:
        """A fresh policy for one object."""
        return self._policy(self._traits)

    def warm_up(self, objects: int = 1) -> None:
        """Run throw-away frames, so that the first real one doesn't pay for first-time set-up.

        Args:
            objects: how many to prepare for. Only a fast network on CUDA compiles for a number;
                others are answered too, less quickly.

        A faster network than the exact one that fails here (no compiler, an unsupported kernel,
        not enough memory) is replaced by the exact one, and the log says so.

        Raises:
            DeviceError: the exact network can't run on this device; the message says why.
        """
        try:
            self._run_once(objects)
        except (ConfigurationError, DependencyError):
            raise
        except Exception as error:
            if self._spare is None:
                raise _unusable(self.network.device, error) from error
            why = reason(error)
        else:
            self._spare = None
            return
        self._be_exact(why)
        self.warm_up(objects)

    def _run_once(self, objects: int) -> None:
        """Graphs, and every kind of call once."""
        self.network.prepare(objects)
        with self.session() as session:
            run_once(session, objects)

    def _be_exact(self, why: str) -> None:
        """Replace the fast network, whose memory is freed first."""
        assert self._spare is not None
        (model, dtype), self._spare = self._spare, None
        device = self.network.device
        log.warning("warming up a faster speed failed on %s, going on in exact: %s", device, why)
        del self.network
        release(device)
        try:
            self.speed = "exact"
            self.network = create_network(model, device, dtype, self.speed)
        except Exception as error:
            raise _unusable(device, error) from error


def _unusable(device: torch.device, error: Exception) -> DeviceError:
    return DeviceError(
        f"{device} can't run this model ({reason(error)}): choose a smaller model or device cpu"
    )
