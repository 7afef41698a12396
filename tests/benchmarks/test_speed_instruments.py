"""What measures: patches, the stopwatch, the counters, and the table of the parts of a frame."""

from __future__ import annotations

import itertools
import sys
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import trax
from PIL import Image
from torch.autograd import DeviceType

from benchmarks.speed import counts, stopwatch
from benchmarks.speed.components import COMPONENTS, FRAME, IN_BACKGROUND, POLICY_STEPS
from benchmarks.speed.errors import BenchmarkError
from benchmarks.speed.patches import Place, replaced, replaced_in
from benchmarks.speed.stopwatch import Stopwatch
from samurai import Tracker
from samurai.policies import policy_class
from vot_wrapper.settings import Settings
from vot_wrapper.trax.server import Conversation

PICTURES = {
    "samurai.core.frame_history.FrameHistory.push",
    "samurai.networks.sam2.network.Sam2Network.embed_prompt",
    "see",
}
PLACES = [FRAME, IN_BACKGROUND, *itertools.chain.from_iterable(COMPONENTS.values())]


class Base:
    def plain(self) -> str:
        return "plain"

    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    @staticmethod
    def fixed() -> str:
        return "fixed"


class Derived(Base):
    pass


def shouting(function: Callable[..., str]) -> Callable[..., str]:
    return lambda *arguments: function(*arguments) + "!"


@pytest.mark.parametrize("name", ["plain", "of_class", "fixed"])
@pytest.mark.parametrize("owner", [Base, Derived])
def test_a_method_of_any_kind_is_wrapped_and_put_back(owner: type, name: str) -> None:
    before, own = getattr(owner(), name)(), name in vars(owner)
    with replaced_in(owner, name, shouting):
        assert getattr(owner(), name)() == before + "!"
    assert getattr(owner(), name)() == before
    assert (name in vars(owner)) == own


class Louder(Base):
    def plain(self) -> str:
        return super().plain() + "?"


def test_a_method_that_overrides_is_wrapped_with_the_one_that_it_calls() -> None:
    place = Place(__name__, "Base.plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, __name__, SimpleNamespace(Base=Base))
        with replaced(place, shouting, of=Louder()):
            assert Louder().plain() == "plain!?!"
        with replaced(place, shouting, of=Derived()):
            assert (Louder().plain(), Derived().plain()) == ("plain!?", "plain!")
    assert Louder().plain() == "plain?"


@pytest.mark.parametrize(
    "place",
    [
        Place("samurai.core.session", "gone"),
        Place("samurai.gone", "x"),
        Place("samurai.core.memory_bank", "No.x"),
    ],
)
def test_a_name_that_has_gone_is_an_error_that_says_where_to_mend_it(place: Place) -> None:
    gone = pytest.raises(BenchmarkError, match=r"is gone .*components\.py")
    with gone, replaced(place, shouting):
        pass


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clock that goes on by a second with every look at it."""
    seconds = itertools.count()
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: float(next(seconds)))
    yield


def test_every_moment_counts_for_the_innermost_part(ticking: None) -> None:
    watch = Stopwatch(lambda: None)
    inner = watch.times("inner")(lambda: None)
    outer = watch.times("outer")(lambda: (inner(), inner()))
    outer()  # looks at the clock at 0, 1, 2, 3, 4, 5
    assert watch.lap() == {"outer": 3.0, "inner": 2.0}
    assert watch.lap() == {}


def test_a_part_that_fails_is_counted_too(ticking: None) -> None:
    def fail() -> None:
        raise ValueError("on purpose")

    watch = Stopwatch(lambda: None)
    failing = watch.times("inner")(fail)
    with pytest.raises(ValueError, match="on purpose"):
        watch.times("outer")(failing)()
    assert watch.lap() == {"inner": 1.0, "outer": 2.0}


def test_the_clock_waits_for_the_device() -> None:
    waited: list[None] = []
    Stopwatch(lambda: waited.append(None)).times("part")(lambda: None)()
    assert len(waited) == 2


READS: dict[str, Callable[[torch.Tensor], Any]] = {
    "item": lambda x: x[0].item(),
    "truth": lambda x: bool(x[0] > 0),
    "int": lambda x: int(x[0]),
    "float": lambda x: float(x[0]),
    "list": lambda x: x.tolist(),
    "copy": lambda x: x.cpu().numpy(),
    "numpy at once": lambda x: x.numpy(),
    "by numpy": lambda x: np.asarray(x),
    "places": lambda x: x.nonzero(),
    "mask as index": lambda x: x[x > 0],
    "values through a mask": lambda x: x.__setitem__(x > 0, x[:1]),
}

FREE: dict[str, Callable[[torch.Tensor], Any]] = {
    "arithmetic": lambda x: (x + 1) * x,
    "slice": lambda x: x[1:],
    "numbers as index": lambda x: x[torch.tensor([0, 2])],
    "one value through a mask": lambda x: x.__setitem__(x > 5, 0.0),
    "where": lambda x: torch.where(x > 0, x, 0.0),
}


@pytest.mark.parametrize("name", READS)
def test_what_would_wait_for_a_device_is_counted(name: str) -> None:
    with counts.HostReads() as reads:
        READS[name](torch.tensor([1.0, -1.0, 0.0]))
    assert reads.count == 1


@pytest.mark.parametrize("name", FREE)
def test_what_would_not_wait_is_not_counted(name: str) -> None:
    with counts.HostReads() as reads:
        FREE[name](torch.tensor([1.0, -1.0, 0.0]))
    assert reads.count == 0


def test_counts_are_per_frame_and_leave_out_the_first() -> None:
    counter = counts.Counter("cpu")
    counter.start()
    values = torch.ones(4)
    values.sum().item()
    counter.begin()
    for _ in range(3):
        values.sum()  # between frames
        with counter.frame():
            values.sum().item()
            torch.nn.functional.linear(values, values[None])
    counted = counter.stop()
    assert counted["host syncs"] == 1
    assert 3 <= counted["operator calls"] <= 6  # sum, item, an index, linear: not what they call


def test_names_of_cuda_calls() -> None:
    names = ["cudaLaunchKernel", "cudaLaunchKernel", "cuLaunchKernelEx", "cudaGraphLaunch"]
    names += ["cudaStreamSynchronize", "cudaMemcpyAsync", "aten::add"]
    assert counts.device_calls(names) == {
        "host syncs": 1,
        "kernel launches": 3,
        "graph launches": 1,
    }


def test_only_calls_of_the_host_within_frames_count() -> None:
    def event(name: str, start: int, end: int, kind: DeviceType = DeviceType.CPU) -> Any:
        span = SimpleNamespace(start=start, end=end)
        return SimpleNamespace(name=name, time_range=span, device_type=kind)

    events = [
        event(counts.FRAME, 10, 20),
        event(counts.FRAME, 30, 40),
        event("cudaDeviceSynchronize", 5, 6),
        event("cudaLaunchKernel", 12, 13),
        event("cudaLaunchKernel", 25, 26),
        event("kernel", 12, 13, DeviceType.CUDA),
        event("cudaStreamSynchronize", 39, 45),
    ]
    frames, inside = counts.within_frames(events)
    assert frames == 2
    assert [each.name for each in inside] == ["cudaLaunchKernel", "cudaStreamSynchronize"]


def request(path: Path, first: bool) -> Any:
    kind = trax.TraxStatus.INITIALIZE if first else trax.TraxStatus.FRAME
    box = trax.Rectangle.create(40, 30, 50, 40)
    image = {trax.ImageChannel.COLOR: trax.FileImage.create(str(path))}
    return SimpleNamespace(type=kind, image=image, objects=[(box, {})] if first else [])


def films(folder: Path, length: int) -> list[Path]:
    """Noise that moves to the right."""
    coarse = np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    frame = np.asarray(Image.fromarray(coarse).resize((160, 120)))
    paths = [folder / f"{number}.png" for number in range(length)]
    for number, path in enumerate(paths):
        Image.fromarray(np.roll(frame, 2 * number, axis=1)).save(path)
    return paths


@pytest.mark.parametrize("policy", ["samurai", "mosam"])
def test_every_wrapped_function_is_called_in_a_frame(tmp_path: Path, policy: str) -> None:
    """With a model that sees windows: each name of the table is where the time is spent. Some are
    for policies that look at pictures, as mosam does."""
    paths = films(tmp_path, 4)
    tracker = Tracker.load("nano", policy=policy, device="cpu")
    steps = policy_class(policy)
    called: Tally[str] = Tally()

    def noting(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
            def noted(*arguments: Any, **named: Any) -> Any:
                called[name] += 1
                if name == "trax.Server.status":  # there is nobody at the other end
                    return None
                return function(*arguments, **named)

            return noted

        return wrap

    with ExitStack() as stack:
        for place in PLACES:
            stack.enter_context(replaced(place, noting(str(place))))
        for step in POLICY_STEPS:
            stack.enter_context(replaced_in(steps, step, noting(step)))
        channel = object.__new__(trax.Server)
        conversation = Conversation(channel, tracker, Settings(output="mask"))
        conversation.answer(request(paths[0], first=True))
        called.clear()
        for path in paths[1:]:
            conversation.answer(request(path, first=False))
    missing = {name for name in (*map(str, PLACES), *POLICY_STEPS) if not called[name]}
    assert missing == (PICTURES if policy == "samurai" else set())
    assert called[str(FRAME)] == 3
