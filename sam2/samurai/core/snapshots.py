"""Snapshots of a session, to go back to."""

from __future__ import annotations

from samurai.core.state import SessionState
from samurai.errors import SessionError


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
            self._state = None

    def __del__(self) -> None:
        self.close()
