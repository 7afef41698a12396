"""The error of training, for faults that the user can correct."""

from samurai.errors import SamuraiError


class TrainingError(SamuraiError):
    """Training can't go on; the message says why and what to do."""
