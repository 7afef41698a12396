"""Stories: lives of tracker processes, each a sequence of steps that a seed decides."""

from __future__ import annotations

import collections
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from fuzz import pictures, steps
from fuzz.peer import Fault, Peer, Zygote

T = TypeVar("T")

LONG_LIFE = 2000  # steps without an end in between, over which memory is watched
GROWTH = 24 << 20  # bytes by which the process may grow in the second half of a long life


class Story:
    """One process's life, and what is known of its state.

    Args:
        fuzzer: whose files and zygote it uses.
        number: of the story; with the fuzzer's seed it decides everything.
    """

    def __init__(self, fuzzer: Fuzzer, number: int) -> None:
        self.rng = np.random.default_rng([fuzzer.seed, number])
        self.fuzzer, self.number, self.real = fuzzer, number, fuzzer.real
        self.folder, self.sound = fuzzer.folder, fuzzer.sound
        self.broken, self.special = fuzzer.broken, fuzzer.special
        self.peer: Peer  # from `tell` on
        self.started, self.time = False, -1
        self.kinds: list[str] = []  # of the objects: how they are answered
        self.replies = 0
        self.done: list[str] = []  # names of the steps

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self.rng.integers(len(choices)))]

    def good(self) -> bytes:
        return self.sound["RGB.png"]

    def choose(self, weights: Mapping[steps.Step, float]) -> steps.Step:
        weights = {s: w for s, w in weights.items() if not (self.real and s in steps.OF_THE_BOOK)}
        shares = np.array(list(weights.values()), float)
        return list(weights)[int(self.rng.choice(len(shares), p=shares / shares.sum()))]

    def tell(self) -> None:
        """Live it; Fault: the process broke an invariant."""
        long = self.number % 50 == 49 and not self.real
        length = LONG_LIFE if long else int(self.rng.geometric(1 / 15))
        resident = 0
        self.peer = Peer(
            self.fuzzer.zygote, bool(self.rng.random() < 0.3), {"REAL": "1"} if self.real else {}
        )
        try:
            for place in range(length):
                first = not self.started
                self.take(steps.new_video if first else self.choose(steps.GOES_ON))
                if place == length // 2:
                    resident = self.peer.resident()
            if long and self.peer.resident() - resident > GROWTH:
                raise Fault(f"memory grew from {resident} to {self.peer.resident()} bytes")
            self.take(self.choose(steps.LAST))
        finally:
            self.peer.close()

    def take(self, step: steps.Step) -> None:
        self.done.append(step.__name__)
        step(self)


class Fuzzer:
    """Tells stories until enough was exchanged.

    Args:
        seed: decides everything.
        real: the tracker is nano; then order and absence in the replies aren't known beforehand.

    Attributes:
        counts: how often each step was taken.
        replies: how many replies were checked.
        stories: how many processes lived.
    """

    def __init__(self, seed: int, real: bool = False) -> None:
        self.seed, self.real = seed, real
        self.counts: collections.Counter[str] = collections.Counter()
        self.replies = self.stories = 0

    def run(
        self, exchanges: int, first: int = 0, progress: Callable[[Fuzzer], None] | None = None
    ) -> Fuzzer:
        """Tell stories, beginning with number `first`, until so many steps and replies are done.

        Raises:
            Fault: an invariant is broken; the message says how to see it again.
        """
        with tempfile.TemporaryDirectory() as folder:
            self.folder = Path(folder)
            self.sound, self.broken = pictures.make(self.folder)
            self.special = pictures.special(self.folder)
            if self.real:  # a video's frames are of one size
                del self.sound["column.png"], self.sound["row.jpg"]
            self.zygote = Zygote()
            try:
                number = first
                while self.exchanges < exchanges:
                    self.tell(number)
                    number += 1
                    if progress is not None:
                        progress(self)
            finally:
                self.zygote.close()
        return self

    @property
    def exchanges(self) -> int:
        """Replies, and ends of processes."""
        return self.replies + self.stories

    def tell(self, number: int) -> None:
        story = Story(self, number)
        try:
            story.tell()
        except Fault as fault:
            raise Fault(
                f"story {number} of seed {self.seed}, step {len(story.done)}: {fault}\n"
                f"last steps: {', '.join(story.done[-8:])}\n"
                f"again: python -m fuzz --seed {self.seed} --story {number}"
                f"{' --real' if self.real else ''}"
            ) from fault
        self.counts.update(story.done)
        self.replies += story.replies
        self.stories += 1
