"""Workers as actors of Ray, on one machine or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from samurai.errors import ConfigurationError, SamuraiError
from samurai.runtime.scheduling import WorkerDied

NO_RAY = (
    "workers on a cluster need Ray, which isn't installed. Remedy: in the clone `make setup "
    "EXTRAS=distributed`, outside of one `pip install 'ray>=2.30'`"
)
PART_SECONDS = 0.2
"""That an actor gets to say how far it is."""

T = TypeVar("T")
R = TypeVar("R")


def connect(address: str | None) -> Any:
    """Ray, connected to a cluster, or started on this machine where there is no address.

    Raises:
        ConfigurationError: Ray isn't there, or no cluster answers at the address.
    """
    try:
        import ray
    except ImportError as error:
        raise ConfigurationError(NO_RAY) from error
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    options: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False}
    if address is not None:
        options = {"address": address, "log_to_driver": False}
    try:
        ray.init(logging_level="ERROR", **options)
    except Exception as error:  # it raises bare ones too
        why = " ".join(str(error).split())
        if address is None:
            raise ConfigurationError(f"Ray doesn't start here: {why}") from error
        raise ConfigurationError(
            f"no Ray cluster answers at {address} ({why}): start one with `ray start "
            "--head`, or leave out --address"
        ) from error
    return ray


class RayPool(Generic[T, R]):
    """Workers as actors.

    Args:
        ray: as `connect` returned it.
        actor: a class with `run(task)` and `part()`, which are called at the same time.
        arguments: of the class.
        workers: how many share the cluster's GPUs; each sees no other's.
    """

    def __init__(self, ray: Any, actor: type, arguments: Sequence[Any], workers: int) -> None:
        self._ray = ray
        self._arguments = tuple(arguments)
        gpus = min(1.0, ray.cluster_resources().get("GPU", 0.0) / workers)
        # Two calls at once: the task, and the question how far it is.
        self._actor = ray.remote(num_cpus=0, num_gpus=gpus, max_concurrency=2)(actor)

    def start(self, number: int) -> Any:
        """A new actor."""
        return self._actor.remote(*self._arguments)

    def give(self, worker: Any, task: T) -> Any:
        """Call the actor's `run`."""
        return worker.run.remote(task)

    def wait(self, tickets: Sequence[Any], seconds: float) -> Sequence[Any]:
        """The calls that have ended."""
        done, _ = self._ray.wait(list(tickets), timeout=seconds)
        return list(done)

    def result(self, ticket: Any) -> R:
        """What the call returned; a SamuraiError that it returned is raised."""
        try:
            found: R | SamuraiError = self._ray.get(ticket)
        except self._ray.exceptions.RayError as error:
            raise WorkerDied(" ".join(str(error).split())[:200]) from error
        if isinstance(found, SamuraiError):
            raise found
        return found

    def part(self, worker: Any) -> float | None:
        """What the actor says; one that starts or crashes says nothing."""
        try:
            return float(self._ray.get(worker.part.remote(), timeout=PART_SECONDS))
        except self._ray.exceptions.RayError:
            return None

    def close(self) -> None:
        """Disconnect, which ends the actors."""
        self._ray.shutdown()
