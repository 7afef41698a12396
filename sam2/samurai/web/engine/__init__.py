"""What `samurai web` does beneath HTTP: sessions on videos, prompts, tracking; threads welcome.

Everything blocks, may be called from any thread, and raises `SamuraiError`s whose status
`samurai.web.problems.status_of` knows. Nothing here imports fastapi or pydantic.
"""

from samurai.web.engine.live import LiveSession
from samurai.web.engine.propagation import Outcome, Propagation
from samurai.web.engine.registry import Engine
from samurai.web.engine.session import WebSession
from samurai.web.engine.views import ObjectState, PromptState, SessionState, Track

__all__ = [
    "Engine",
    "LiveSession",
    "ObjectState",
    "Outcome",
    "PromptState",
    "Propagation",
    "SessionState",
    "Track",
    "WebSession",
]
