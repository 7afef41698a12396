"""One tracked object: its policy, a line of memory per hypothesis, its prompts, its region."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace

from samurai.core.hypotheses import Hypothesis, Prediction, SelectedHypothesis, View
from samurai.core.memory_bank import ObjectMemory
from samurai.core.search_region import SearchRegionTracker
from samurai.networks.base import Memory
from samurai.policies.base import Choice, Keep, MapRecall, PointerRecall, Policy, Recall
from samurai.regions import ObjectId, Points


@dataclass(frozen=True)
class Upcoming:
    """A prompt of a frame to come: what it was decoded to, and its clicks."""

    prediction: Prediction
    clicks: tuple[int, Points] | None


@dataclass
class TrackedObject:
    """An object of a session.

    Attributes:
        object_id: of the object in its session.
        policy: holds the object's numbers.
        memories: one per hypothesis, the best one first.
        region_tracker: decides where the object is looked for; None where the network sees the
            whole frame.
        prompt: index of the frame of its first prompt, which the policy knows.
        conditioning: frames of its further prompts and corrections, in the order in which they were
            given. Policies don't know of them: they are recalled beside what a policy recalls.
        upcoming: prompts of frames to come, by frame.
        clicks: on the newest frame so far, and that frame.
        kept: what the policy keeps of each hypothesis, after the newest frame that was written.
    """

    object_id: ObjectId
    policy: Policy
    memories: list[ObjectMemory]
    region_tracker: SearchRegionTracker | None
    prompt: int = 0
    conditioning: list[int] = field(default_factory=list)
    upcoming: dict[int, Upcoming] = field(default_factory=dict)
    clicks: tuple[int, Points] | None = None
    kept: list[Keep] = field(default_factory=list)

    def recall(self, frame_index: int, view: View) -> list[Hypothesis]:
        """What each hypothesis attends to in a frame."""
        recalls = self.policy.recall(frame_index)
        return [
            Hypothesis(memory, self._with_conditioning(recall, frame_index), view)
            for memory, recall in zip(self.memories, recalls, strict=True)
        ]

    def _with_conditioning(self, recall: Recall, frame_index: int) -> Recall:
        """A policy's recall and the conditioning frames, behind the prompt as in SAM 2: all maps,
        in the prompt's slot, and the pointers of those that aren't to come."""
        further = self.conditioning
        if not further:
            return recall
        maps = [entry for entry in recall.maps if entry.frame_index not in further]
        others = next((n for n, entry in enumerate(maps) if entry.slot > 0), len(maps))
        maps[others:others] = [MapRecall(index, 0) for index in further]
        pointers = [entry for entry in recall.pointers if entry.frame_index not in further]
        pointers[1:1] = [
            PointerRecall(index, frame_index - index) for index in further if index <= frame_index
        ]
        return replace(recall, maps=tuple(maps), pointers=tuple(pointers))

    def remember(self, frame_index: int) -> list[Keep]:
        """What each hypothesis keeps: what its policy wants, and the conditioning frames."""
        self.kept = list(self.policy.remember(frame_index))
        return [self._and_conditioning(keep) for keep in self.kept]

    def _and_conditioning(self, keep: Keep) -> Keep:
        further = frozenset(self.conditioning)
        if not further:
            return keep
        return replace(keep, maps=keep.maps | further, pointers=keep.pointers | further)

    def start(self, prediction: Prediction) -> SelectedHypothesis:
        """Select a candidate on the frame of the prompt."""
        self.prompt = prediction.decoded.frame_index
        choice = self.policy.start(prediction.decoded)
        return self._selected(0, choice, prediction, prompted=True)

    def choose(self, predictions: Sequence[Prediction]) -> list[SelectedHypothesis]:
        """Select the candidates that live on, the best one first."""
        choices = self.policy.choose([prediction.decoded for prediction in predictions])
        self._continue([choice.hypothesis for choice in choices])
        return [
            self._selected(number, choice, predictions[choice.hypothesis], prompted=False)
            for number, choice in enumerate(choices)
        ]

    def correct(self, prediction: Prediction, most: int) -> SelectedHypothesis:
        """Take the best candidate of a correction of the newest frame; one hypothesis is left.

        Args:
            most: conditioning frames to keep, the first prompt's included; the oldest others go.
        """
        for memory in self.memories[1:]:
            memory.clear()
        del self.memories[1:], self.kept[1:]
        candidate = prediction.decoded.best()
        self.policy.correct(prediction.decoded, candidate)
        self.add_conditioning(prediction.decoded.frame_index, most)
        return self._selected(0, Choice(candidate), prediction, prompted=True)

    def arrive(self, frame_index: int, recalled: Sequence[Memory]) -> list[SelectedHypothesis]:
        """The answer of a frame whose prompt was given before, for every hypothesis.

        Args:
            recalled: what each hypothesis would have been conditioned on, for corrections.
        """
        arrived = self.upcoming.pop(frame_index)
        predictions = [arrived.prediction.with_memory(memory) for memory in recalled]
        choices = self.policy.choose([prediction.decoded for prediction in predictions])
        self._continue([choice.hypothesis for choice in choices])
        self.clicks = arrived.clicks
        return [
            self._selected(number, choice, predictions[choice.hypothesis], prompted=True)
            for number, choice in enumerate(choices)
        ]

    def add_conditioning(self, frame_index: int, most: int) -> None:
        """Recall a frame as a conditioning one from now on; the oldest further ones make room."""
        if frame_index == self.prompt:
            return
        further = [index for index in self.conditioning if index != frame_index]
        self.conditioning = [*further, frame_index][-(most - 1) :]
        for gone in set(self.upcoming) - set(self.conditioning):
            del self.upcoming[gone]
        self._free_unwanted(frame_index)

    def clear_prompts(self, frame_index: int) -> None:
        """Recall a frame no longer as a conditioning one, and forget the clicks on it."""
        self.conditioning.remove(frame_index)
        self.upcoming.pop(frame_index, None)
        if self.clicks is not None and self.clicks[0] == frame_index:
            self.clicks = None
        self._free_unwanted()

    def _free_unwanted(self, *new: int) -> None:
        """Free frames that neither the policy keeps nor a prompt holds any more.

        Args:
            new: frames that are stored next.
        """
        if not self.kept:  # nothing was written yet
            return
        for memory, keep in zip(self.memories, map(self._and_conditioning, self.kept), strict=True):
            memory.keep(keep.maps.union(new), keep.pointers.union(new))

    def copied(self, policy: Policy, memories: list[ObjectMemory]) -> TrackedObject:
        """The object with copies of its policy and its memories, and nothing else shared."""
        return replace(
            self,
            policy=policy,
            memories=memories,
            region_tracker=copy(self.region_tracker),
            conditioning=list(self.conditioning),
            upcoming=dict(self.upcoming),
            kept=list(self.kept),
        )

    def free(self) -> None:
        """Free all memories."""
        for memory in self.memories:
            memory.clear()

    def _continue(self, parents: Sequence[int]) -> None:
        """Give each hypothesis that lives on the memory of the one that it continues."""
        before = self.memories
        if list(parents) == list(range(len(before))):
            return
        self.memories = [before[parent].fork() for parent in parents]
        for memory in before:
            memory.clear()

    def _selected(
        self, number: int, choice: Choice, prediction: Prediction, prompted: bool
    ) -> SelectedHypothesis:
        return SelectedHypothesis(
            self.object_id,
            number,
            choice.hypothesis,
            self.memories[number],
            prediction,
            choice.candidate,
            prompted,
        )
