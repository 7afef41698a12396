"""Errors of a measurement."""

from __future__ import annotations

from samurai.errors import SamuraiError


class BenchmarkError(SamuraiError):
    """A measurement can't be made; the message names cause and remedy."""


class PeerAbsentError(BenchmarkError):
    """A peer can't run here; the message is the reason that the results carry."""
