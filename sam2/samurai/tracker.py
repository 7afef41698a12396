"""A tracker: one loaded model and a configuration. Sessions are made from it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import torch

from samurai.config import WHOLE, TrackerConfig
from samurai.config.settings import Source, setting_names
from samurai.core.offline import OfflineSession
from samurai.core.preprocess import Frame
from samurai.core.proposals import Proposal, ProposalSettings, propose
from samurai.core.session import Session
from samurai.core.snapshots import Snapshot
from samurai.core.warm_up import reason, release, run_once
from samurai.errors import ConfigurationError, DependencyError, DeviceError, SessionError
from samurai.models.checkpoints import load_model, model_card
from samurai.models.manifest import BoxPrompt, ModelCard
from samurai.networks.families import create_network
from samurai.networks.fingerprint import fingerprint
from samurai.policies import PolicyChoice
from samurai.policies.base import Policy, PolicyContext
from samurai.runtime.device import resolve_device
from samurai.runtime.precision import resolve_dtype, warn_of_emulation
from samurai.speed import Speed, checked_speed

log = logging.getLogger(__name__)

OFFICIAL = ModelCard("", "", "", bytes=0, box_prompt="points", motion_weight=0.25)
"""How a model without a card is used: as SAM 2.1 was trained."""


class Tracker:
    """Holds what all videos share; all that a video leaves behind is in its `Session`.

    Attributes:
        network: the model on its device.
        config: the settings that it was made with.
        sources: where each setting comes from: "default", "model card", "argument" or
            "environment".
        box_prompt: in force: the configuration's, else the model card's.
        window: likewise.
        confidence: likewise.
        overlap: of the configuration.
        offline: of the configuration.
        speed: of the configuration; "exact" once a faster one has failed, see `warm_up`.
        mask_threshold: 0, as in SAM 2; mask logits above it are the object's in what sessions made
            from now on answer. Tracking and memory stay as they are.

    Args:
        model: a `SAM2Base` (SAM 2.1) in evaluation mode, or a video model of transformers of one
            of `networks.families`; the configuration's `model` isn't looked at.
        config: the settings; those of `TrackerConfig()` if None.
        card: says how the model is used where the configuration doesn't; if None, as the official
            ones are.

    Raises:
        ConfigurationError: settings that don't go together, or the device isn't there.
    """

    def __init__(
        self,
        model: Any,
        config: TrackerConfig | None = None,
        card: ModelCard | None = None,
    ) -> None:
        self.config = config = config or TrackerConfig()
        card = card or OFFICIAL
        if config.offline and not config.overlap:
            raise ConfigurationError("offline answers may share pixels: leave overlap as it is")
        place = resolve_device(config.device)
        dtype = config.dtype
        self.speed: Speed = checked_speed(config.speed)
        self.network = create_network(model, place, dtype, self.speed)
        self._spare = None if config.speed == "exact" else (model, dtype)  # until it has warmed up
        if dtype != "auto":
            warn_of_emulation(self.network.dtype, place)
        self.box_prompt: BoxPrompt = config.box_prompt or card.box_prompt
        self.window = _window(config, card)
        self.confidence = card.confidence
        self.overlap, self.offline = config.overlap, config.offline
        self.mask_threshold = 0.0
        self._policy = PolicyChoice.of(config.policy)
        weight = config.motion_weight
        self._context = PolicyContext(
            self.network.spec.map_slots,
            self.network.spec.pointer_slots,
            card.motion_weight if weight is None else weight,
            config.points,
            config.flow,
            card.large,
        )
        self.sources: dict[str, Source] = {
            name: "model card" if getattr(config, name) is None else config.source(name)
            for name in setting_names(TrackerConfig)
        }
        window = WHOLE if self.window is None else f"{self.window:g}"
        self._made_with = (
            f"weights {fingerprint(model)}, policy {self._policy}, memory_check "
            f"{'motion' if config.memory_check else 'none'}, window {window}, "
            f"conditioning_frames {config.conditioning_frames}"
        )
        self.new_policy()  # refuses what isn't installed now, and not in the middle of a video

    @classmethod
    def load(cls, config: TrackerConfig | str | Path | None = None, **settings: Any) -> Tracker:
        """A tracker with one of the models of `checkpoints/manifest.toml`, or of a card of one's
        own: `Tracker.load(config)`, or `Tracker.load("large", policy="dam")`.

        The environment isn't read for settings; `TrackerConfig.from_environment()` does that. Only
        `SAMURAI_CHECKPOINTS`, where weights lie, counts here too. One log line says which setting
        comes from where.

        Args:
            config: the settings, or the model.
            settings: settings by name (see `TrackerConfig`), in place of those of `config`.

        Raises:
            ConfigurationError: an unknown setting or a value that isn't allowed; the message lists
                what is.
            CheckpointError: the weights are missing or damaged; the message says what to do.
        """
        if isinstance(config, str | Path):
            if "model" in settings:
                raise ConfigurationError(
                    f"two models are given, {config} and {settings['model']}: name one"
                )
            settings["model"], config = str(config), None
        config = (config or TrackerConfig()).changed(**settings)
        resolve_dtype(config.dtype, resolve_device(config.device))
        card = model_card(config.model)
        tracker = cls(load_model(card), config, card)
        log.info("settings: %s", tracker.describe_settings())
        return tracker

    @property
    def made_with(self) -> str:
        """The model and the settings that snapshots depend on, in words."""
        return self._made_with

    def describe_settings(self) -> str:
        """Every setting in force with its source, in one line."""
        weight = self._context.motion_weight
        window = WHOLE if self.window is None else self.window
        force = {"box_prompt": self.box_prompt, "window": window, "motion_weight": weight}
        texts = {**self.config.texts(), **{name: str(value) for name, value in force.items()}}
        return ", ".join(
            f"{name} {texts[name]} ({source})" for name, source in self.sources.items()
        )

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise SessionError(
            "a tracker can't be copied or pickled: hand its settings to the other process and load "
            "one there with Tracker.load(...). Threads may share a tracker, each with a session"
        )

    def session(self, *, batched: bool = True, like: Snapshot | None = None) -> Session:
        """An empty session; call its `start` with a video's first frame.

        Args:
            batched: whether objects go through the network together; if not, an object's answers
                don't depend on the others in any bit.
            like: of another video: its objects are looked for in this one from the first frame on,
                by what their prompts and corrections look like; see `Session.prime`.

        Raises:
            SessionError: `like` can't be used, see `Session.prime`.
        """
        session = Session(
            self.network,
            self.new_policy,
            self.box_prompt,
            self.window,
            self.confidence,
            self.overlap,
            self.config.memory_overlap,
            self.config.conditioning_frames,
            batched,
            self._made_with,
            self.mask_threshold,
        )
        if like is not None:
            session.prime(like)
        # the same calls, but for answers that come at the end
        return OfflineSession(session) if self.offline else session  # type: ignore[return-value]

    def load_snapshot(self, path: str | Path) -> Snapshot:
        """A snapshot that `Snapshot.save` wrote, for `restore` of a session of this tracker.

        Nothing but the classes that snapshots hold is made from the file.

        Raises:
            OSError: the file can't be read.
            SessionError: it isn't a snapshot of this model.
        """
        package = type(self._policy.policy(self._context)).__module__.partition(".")[0]
        return Snapshot.load(path, self.network, {package} - {"samurai"})

    def propose(
        self,
        frame: Frame,
        settings: ProposalSettings | None = None,
        *,
        progress: Callable[[float], None] | None = None,
        budget: float = math.inf,
    ) -> list[Proposal]:
        """Masks of everything on one image, surest first; see `core.proposals`.

        Args:
            frame: uint8 (H, W, 3) RGB; gray (H, W) and RGBA (H, W, 4) are converted.
            settings: the grid and the thresholds; SAM 2's if None.
            progress: is called with the share of clicks that are decoded.
            budget: seconds after which no further clicks are decoded.

        Raises:
            FrameError: the frame can't be used.
        """
        return propose(self.network, frame, settings, progress, budget)

    def new_policy(self) -> Policy:
        """A fresh policy for one object."""
        return self._policy.policy(self._context, self.config.memory_check)

    def warm_up(self, objects: int = 1) -> None:
        """Run throw-away frames, so that the first real one doesn't pay for first-time set-up.

        Args:
            objects: how many to prepare for. Only a fast network on CUDA compiles for a number;
                others are answered too, less quickly.

        A faster network than the exact one that fails here (no compiler, an unsupported kernel,
        not enough memory) is replaced by the exact one, and the log says so.

        Raises:
            DeviceError: the exact network can't run on this device; the message says why. Errors
                of other kinds, as of a policy's code, come as they are.
        """
        try:
            self._run_once(objects)
        except (ConfigurationError, DependencyError):
            raise
        except Exception as error:
            if self._spare is None:
                if isinstance(error, (RuntimeError, MemoryError)):  # as torch's errors are
                    raise _unusable(self.network.device, error) from error
                raise
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


def _window(config: TrackerConfig, card: ModelCard) -> float | None:
    """Side of the search region in object sizes; None for the whole frame."""
    if isinstance(config.window, str):
        return None
    return card.window if config.window is None else config.window


def _unusable(device: torch.device, error: Exception) -> DeviceError:
    return DeviceError(
        f"{device} can't run this model ({reason(error)}): choose a smaller model or device cpu"
    )
