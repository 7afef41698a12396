"""One tracked object: its policy, a line of memory per hypothesis, and what aims its view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samurai.core.hypotheses import Hypothesis, Prediction, SelectedHypothesis, View
from samurai.core.memory_bank import ObjectMemory
from samurai.core.search_region import SearchRegionTracker
from samurai.policies.base import Choice, Policy


@dataclass
class TrackedObject:
    """An object of a session.

    Attributes:
        object_id: of the object in its session.
        policy: holds the object's numbers.
        memories: one per hypothesis, the best one first.
        aim: decides where the object is looked for; None where the network sees the whole frame.
    """

    object_id: int
    policy: Policy
    memories: list[ObjectMemory]
    region_tracker: SearchRegionTracker | None

    def recall(self, frame_index: int, view: View) -> list[Hypothesis]:
        """What each hypothesis attends to in a frame."""
        recalls = self.policy.recall(frame_index)
        return [
            Hypothesis(memory, recall, view)
            for memory, recall in zip(self.memories, recalls, strict=True)
        ]

    def start(self, prediction: Prediction) -> SelectedHypothesis:
        """Select a candidate on the frame of the prompt."""
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
