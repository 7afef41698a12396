"""Random calls of a session, good and bad ones, against a plain model of what must be true."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from oracles.small_networks import moving_video, random_predictor

from samurai.config import TrackerConfig
from samurai.core.snapshots import Snapshot
from samurai.errors import FrameError, RegionError, SamuraiError, SessionError
from samurai.regions import Answer, Box, Mask, Points
from samurai.tracker import Tracker

MODEL = random_predictor(64, seed=2, small=True, object_bias=1.0)
VIDEO = moving_video(24, (48, 64))
NAMES: list[Any] = [0, 3, "cup", "spoon"]

REGIONS = st.sampled_from(
    [
        Box(15, 16, 16, 14),
        Points([[23.0, 24.0]], [1]),
        Points([[23.0, 24.0], [3.0, 3.0]], [1, 0]),
        Points([[23.0, 24.0]], [1], Box(15, 16, 16, 14)),
        Mask(np.pad(np.ones((12, 14), bool), ((16, 20), (15, 35)))),
    ]
)
WRONG = st.sampled_from(
    [Box(99, 0, 5, 5), Points([[80.0, 0.0]], [1]), Mask(np.ones((2, 2), bool)), "cup", None]
)


class LivingSession(RuleBasedStateMachine):
    """`living` and `used` are the model; after every call the session agrees with it."""

    @initialize(
        policy=st.sampled_from(["sam2", "samurai", "dam", "sam2long"]),
        window=st.sampled_from(["whole", 2.5]),
    )
    def begin(self, policy: str, window: Any) -> None:
        config = TrackerConfig(
            policy=policy, window=window, device="cpu", dtype="float32", conditioning_frames=3
        )
        self.session = Tracker(MODEL, config).session()
        self.living: list[Any] = []
        self.used: set[Any] = set()
        self.frame = -1
        self.conditioned: dict[Any, list[int]] = {}
        self.saved: tuple[Snapshot, Any] | None = None

    def _expect(self, answers: list[Answer], prompted: set[Any]) -> None:
        assert [answer.object_id for answer in answers] == self.living
        for answer in answers:
            assert answer.mask.shape == (48, 64)
            assert answer.absent is (answer.box is None) is (not answer.mask.any())
            if answer.object_id in prompted:
                assert answer.prompted

    def _introduce(self, names: list[Any]) -> None:
        self.living += names
        self.used |= set(names)
        self.conditioned |= {name: [] for name in names}

    @rule(objects=st.dictionaries(st.sampled_from(NAMES), REGIONS, max_size=2))
    def advance(self, objects: dict[Any, Any]) -> None:
        if self.frame < 0:
            self.living, self.used = [], set()
            advance: Any = self.session.start
        else:
            advance = self.session.step
            objects = {n: r for n, r in objects.items() if n not in self.used}
        upcoming = {n for n in self.living if self.frame + 1 in self.conditioned[n]}
        answers = advance(VIDEO[(self.frame + 1) % len(VIDEO)], objects)
        self.frame += 1
        self._introduce(list(objects))
        self._expect(answers, set(objects) | upcoming)

    @precondition(lambda self: self.frame >= 0)
    @rule(objects=st.dictionaries(st.sampled_from(NAMES), REGIONS, min_size=1, max_size=2))
    def add(self, objects: dict[Any, Any]) -> None:
        objects = {n: r for n, r in objects.items() if n not in self.used}
        try:
            answers = self.session.add(objects)
        except SessionError as error:
            assert self.saved is not None and "restored without its frame" in str(error)
            return
        self._introduce(list(objects))
        self._expect(answers, set(objects))

    @precondition(lambda self: self.frame >= 0 and self.living)
    @rule(data=st.data(), region=REGIONS, replace=st.booleans())
    def correct(self, data: Any, region: Any, replace: bool) -> None:
        name = data.draw(st.sampled_from(self.living))
        try:
            answers = self.session.correct(name, region, replace=replace)
        except SessionError as error:
            assert self.saved is not None and "restored without its frame" in str(error)
            return
        self._expect(answers, {name})
        self._note(name, self.frame)

    @precondition(lambda self: self.frame >= 0 and self.living)
    @rule(data=st.data(), region=REGIONS, index=st.integers(0, 30))
    def condition(self, data: Any, region: Any, index: int) -> None:
        name = data.draw(st.sampled_from(self.living))
        frame = VIDEO[index % len(VIDEO)]
        if index == self.frame:
            self._refused(
                SessionError, lambda: self.session.condition(frame, index, {name: region})
            )
            return
        self.session.condition(frame, index, {name: region})
        self._note(name, index)

    def _note(self, name: Any, index: int) -> None:
        [tracked] = [each for each in self.session._state.objects if each.object_id == name]
        if index != tracked.prompt:
            others = [each for each in self.conditioned[name] if each != index]
            self.conditioned[name] = [*others, index][-2:]

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        name = data.draw(st.sampled_from(self.living))
        self.session.remove(name)
        self.living.remove(name)

    @precondition(lambda self: self.frame >= 0)
    @rule()
    def save(self) -> None:
        if self.saved is not None:
            self.saved[0].close()
        known = list(self.living), set(self.used), self.frame, dict(self.conditioned)
        self.saved = self.session.snapshot(), known

    @precondition(lambda self: self.saved is not None)
    @rule()
    def go_back(self) -> None:
        assert self.saved is not None
        snapshot, (living, used, frame, conditioned) = self.saved
        self.session.restore(snapshot)
        self.living, self.used = list(living), set(used)
        self.frame, self.conditioned = frame, dict(conditioned)

    @precondition(lambda self: self.frame >= 0)
    @rule(region=WRONG, name=st.sampled_from(NAMES))
    def mistakes(self, region: Any, name: Any) -> None:
        frame = VIDEO[0]
        self._refused(RegionError, lambda: self.session.step(frame, [region, region]))
        self._refused(RegionError, lambda: self.session.preview(frame, region))
        self._refused(FrameError, lambda: self.session.step(frame[:9]))
        if name in self.living:
            self._refused(RegionError, lambda: self.session.correct(name, region))
            self._refused(RegionError, lambda: self.session.condition(frame, 40, {name: region}))
            self._refused(SessionError, lambda: self.session.step(frame, {name: Box(1, 1, 9, 9)}))
            self._refused(SessionError, lambda: self.session.clear_prompts(name, 99))
        else:
            self._refused(SessionError, lambda: self.session.correct(name, Box(1, 1, 9, 9)))
            self._refused(SessionError, lambda: self.session.remove(name))

    def _refused(self, kind: type[SamuraiError], call: Any) -> None:
        before, index = self.session._state, self.session.frame_index
        try:
            call()
        except kind:
            assert self.session._state is before
            assert self.session.frame_index == index
        else:
            raise AssertionError("wasn't refused")

    @invariant()
    def agrees(self) -> None:
        session = getattr(self, "session", None)
        if session is None:
            return
        assert session.frame_index == self.frame
        assert session.object_ids == self.living
        state = session._state
        assert {each.object_id: each.conditioning for each in state.objects} == {
            name: self.conditioned[name] for name in self.living
        }
        if not self.living and self.saved is None:
            assert session.memory_bytes == 0


LivingSession.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, derandomize=True
)
TestLivingSession = LivingSession.TestCase
