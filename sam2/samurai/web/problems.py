"""Errors as answers of HTTP: which status an error of the tracker has, and errors of the server."""

from __future__ import annotations

from samurai.errors import (
    CheckpointError,
    DependencyError,
    DetectorError,
    DeviceError,
    ExportError,
    FrameError,
    JobError,
    PromptError,
    RegionError,
    SamuraiError,
    SessionError,
    SourceError,
    StorageError,
)


class WebError(SamuraiError):
    """A request can't be answered.

    Attributes:
        status: the answer's status code.
        retry_after: seconds after which a further try may succeed; None says nothing.
    """

    status = 500

    def __init__(self, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unauthorized(WebError):
    """The token is missing or wrong."""

    status = 401


class Forbidden(WebError):
    """Another host or origin than allowed, or an address that may not be opened."""

    status = 403


class NotFound(WebError):
    """No such video, session, object or path."""

    status = 404


class ReadOnly(WebError):
    """This server only shows."""

    status = 405


class Conflict(WebError):
    """Not in this state: tracking is running, there is no prompt, a limit is reached."""

    status = 409


class TooLarge(WebError):
    """More bytes than allowed."""

    status = 413


class UnsupportedMedia(WebError):
    """Neither a video nor pictures."""

    status = 415


class Unprocessable(WebError):
    """A value that can't be used."""

    status = 422


class NotAvailable(WebError):
    """What needs something that isn't installed."""

    status = 501


class SourceRefused(WebError):
    """A live source refuses the connection, or can't be reached."""

    status = 502


class Busy(WebError):
    """Too many sessions or requests, or the device has too little memory."""

    status = 503


class SourceSilent(WebError):
    """A live source gives no picture in time."""

    status = 504


class StorageFull(WebError):
    """The disk or the storage limit is full."""

    status = 507


_STATUS: dict[type[SamuraiError], int] = {
    PromptError: 422,
    RegionError: 422,
    FrameError: 422,
    ExportError: 422,
    SourceError: 422,
    SessionError: 409,
    JobError: 409,
    DependencyError: 501,
    DetectorError: 502,
    DeviceError: 503,
    CheckpointError: 503,
    StorageError: 507,
}


def status_of(error: SamuraiError) -> int:
    """The status code of an error; 500 for one that a request can't have caused."""
    if isinstance(error, WebError):
        return error.status
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
