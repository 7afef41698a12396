"""The one error of training, for what a person can put right."""

from samurai.errors import SamuraiError


class TrainingError(SamuraiError):
    """Training can't go on; the message says why and what to do."""
