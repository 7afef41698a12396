"""Snapshots of a session: to go back to, and to save."""

from __future__ import annotations

import errno
import io
import os
import pickle
import types
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import torch

from samurai.core.memory_bank import MemoryBank
from samurai.core.state import SessionState
from samurai.errors import SessionError
from samurai.networks.base import VideoNetwork

VERSION = 1
"""Of the file format; it changes with the classes that are in it."""

OURS = tuple(
    f"samurai.{part}"
    for part in ("core.", "geometry", "masks", "motion.", "networks.base", "policies.", "regions")
)
"""Modules whose classes may be in a file."""

PLAIN = {
    "builtins": {"set", "frozenset", "slice", "range", "complex", "bytearray"},
    "collections": {"deque", "OrderedDict", "defaultdict", "Counter"},
    "functools": {"partial"},
    "torch": {
        "device",
        "Size",
        "FloatStorage",
        "HalfStorage",
        "BFloat16Storage",
        "LongStorage",
        "IntStorage",
        "BoolStorage",
        "ByteStorage",
        "float32",
        "float16",
        "bfloat16",
    },
    "torch._utils": {"_rebuild_tensor_v2"},
    "torch.storage": {
        "UntypedStorage",
        "TypedStorage",
    },
    "numpy": {"ndarray", "dtype"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.core.numeric": {"_frombuffer"},
}
"""What else may be: containers, arrays and tensors."""

FUNCTIONS = {
    ("samurai.core.hypotheses", "copied_logits"),
    ("samurai.core.hypotheses", "_logits_of"),
    ("samurai.motion", "point_tracker"),
    ("samurai.motion", "dense_flow"),
}


class Snapshot:
    """The state of a session after a frame. Made by `Session.snapshot`; `close` frees its memories.

    It shares memories with its session: only what the session has freed since costs anything.
    """

    def __init__(self, state: SessionState) -> None:
        self._state: SessionState | None = state

    @property
    def state(self) -> SessionState:
        """What is restored.

        Raises:
            SessionError: the snapshot was closed.
        """
        if self._state is None:
            raise SessionError("the snapshot was closed: take another one")
        return self._state

    @property
    def frame_index(self) -> int:
        """Index of the frame after which it was taken."""
        return self.state.frame_index

    def close(self) -> None:
        """Free the memories that only this snapshot holds."""
        if self._state is not None:
            self._state.clear()
            self._state.bank.compact(0, 0)
            self._state = None

    def __del__(self) -> None:
        self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise SessionError(
            "a snapshot can't be copied or pickled: take another one, or save it to a file"
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the snapshot to a file, in place of one that is there only once it is whole.

        Raises:
            OSError: the file can't be written.
        """
        file = Path(path)
        part = file.with_name(f"{file.name}.part")
        bank = MemoryBank.like(self.state.bank)
        saved = {"version": VERSION, "state": self.state.copied(bank)}
        try:
            with part.open("wb") as stream:
                try:
                    torch.save(saved, stream, pickle_protocol=4)
                except RuntimeError as error:  # how torch says that the disk is full
                    raise _cause(error) from error
            os.replace(part, file)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], network: VideoNetwork, policies: set[str]
    ) -> Snapshot:
        """See `Tracker.load_snapshot`."""
        try:
            saved = torch.load(
                path,
                map_location=network.device,
                weights_only=False,
                pickle_module=_restricted(policies),
            )
            if saved["version"] != VERSION:
                raise ValueError(f"it has version {saved['version']}, not {VERSION}")
            state: SessionState = saved["state"]
            state.bank.check(network.spec)
        except OSError:
            raise
        except Exception as error:
            raise SessionError(
                f"{path} can't be read as a snapshot of this model ({error}): track again from the "
                "start"
            ) from error
        return cls(state)


def _restricted(policies: set[str]) -> Any:
    """The module `pickle` with an unpickler that makes nothing but what snapshots hold.

    Args:
        policies: packages whose classes may be made too, those of plug-in policies.
    """

    class Unpickler(pickle._Unpickler):
        dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

        def load_build(self) -> None:
            """Set the state of an object that the file made; classes and functions are ours."""
            made = self.stack[-2]  # type: ignore[attr-defined]
            if isinstance(made, type | types.FunctionType | types.BuiltinFunctionType):
                raise pickle.UnpicklingError(f"{made.__name__} isn't an object of a snapshot")
            super().load_build()  # type: ignore[misc]

        dispatch[pickle.BUILD[0]] = load_build

        def find_class(self, module: str, name: str) -> Any:
            if "." in name:
                raise pickle.UnpicklingError(f"{module}.{name} isn't part of a snapshot")
            if name in PLAIN.get(module, ()) or (module, name) in FUNCTIONS:
                return super().find_class(module, name)
            if module.startswith(OURS) or module.partition(".")[0] in policies:
                found = super().find_class(module, name)
                if isinstance(found, type) and found.__module__ == module:
                    return found
            raise pickle.UnpicklingError(f"{module}.{name} isn't part of a snapshot")

    def load(file: io.BufferedIOBase, **options: Any) -> Any:
        return Unpickler(file, **options).load()

    module = types.ModuleType("snapshot_pickle")
    module.Unpickler, module.load = Unpickler, load  # type: ignore[attr-defined]
    return module


def _cause(error: RuntimeError) -> OSError:
    """What the file system said: torch hides it behind a failed check of its own."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError):
            return below
        below = below.__context__
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
