"""As much of Ray as schedules use, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any


@dataclass(eq=False)
class Reference:
    value: Any


class LocalRay:
    """As much of Ray as the scheduler uses."""

    exceptions = SimpleNamespace(RayError=OSError)

    def cluster_resources(self) -> dict[str, float]:
        return {}

    def remote(self, **_: Any) -> Callable[[type], Any]:
        return lambda bench: SimpleNamespace(remote=lambda *a: LocalActor(bench(*a)))

    def wait(self, references: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        return references[:1], references[1:]

    def get(self, reference: Any, timeout: float = 0) -> Any:
        return reference.value

    def shutdown(self) -> None:
        """Nothing was started."""


class LocalActor:
    def __init__(self, bench: Any) -> None:
        self.run = SimpleNamespace(remote=lambda *a: Reference(value=bench.run(*a)))
        self.part = SimpleNamespace(remote=lambda: Reference(value=bench.part()))
