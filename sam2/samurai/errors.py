"""Every error that this package raises on purpose. Each message names the cause and the remedy."""

from __future__ import annotations


class SamuraiError(Exception):
    """Base of all errors below: catch it to catch every error that the tracker raises about its
    input."""


class FrameError(SamuraiError, ValueError):
    """A frame can't be used: wrong type, wrong shape, another size than the video's, unreadable."""


class RegionError(SamuraiError, ValueError):
    """A prompt region can't be used: empty, not finite, outside the frame, of another size."""


class SessionError(SamuraiError, RuntimeError):
    """A session's methods were called in an invalid order."""


class ConfigurationError(SamuraiError, ValueError):
    """A setting has a value that isn't allowed; the message lists the allowed ones."""


class CheckpointError(SamuraiError, RuntimeError):
    """Weights are missing, damaged, or belong to another architecture."""


class DependencyError(SamuraiError, ImportError):
    """A required package isn't installed, or is hidden by something else."""


class DeviceError(SamuraiError, RuntimeError):
    """A device can't run the model: not enough memory, a missing operation."""


class DatasetError(SamuraiError, ValueError):
    """A data set, or a file of somebody's results on it, can't be used: another layout, missing or
    unreadable files."""


class StorageError(SamuraiError, RuntimeError):
    """A result can't be written: a full disk, a folder without permission."""


class SourceError(SamuraiError, ValueError):
    """A video, a folder of frames, a camera or a stream can't be opened or read."""


class PromptError(SamuraiError, ValueError):
    """A prompt can't be read: a malformed text or file, a frame that the video doesn't have."""


class ExportError(SamuraiError, ValueError):
    """Answers can't be written in a format: more objects than it holds, an unknown suffix."""


class JobError(SamuraiError, RuntimeError):
    """A job can't be created, opened or continued: another video, other settings, damaged files."""


class DetectorError(SamuraiError, RuntimeError):
    """A detector of words failed: it raised, hung, ended, or answered what isn't an answer."""
