"""Live sources."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/sources", tags=["live"])
