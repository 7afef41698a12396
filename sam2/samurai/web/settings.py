"""The settings of `samurai web`: flags and environment variables, named as in SAMURAI's API."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from samurai.config.settings import Configuration, number, setting, whole_number


def _list(text: str) -> str:
    return ",".join(names_in(text))


def names_in(text: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@dataclass(frozen=True)
class WebSettings(Configuration):
    """What the server needs beside the settings of its tracker.

    Raises:
        ConfigurationError: a value isn't allowed; the message lists the allowed ones.
    """

    data_path: Path = setting(  # noqa: RUF009 (as immutable as the others)
        Path("data/uploads"),
        "the folder of uploaded videos, and of sessions while they live",
        convert=Path,
        form="a folder",
    )
    max_upload_duration_sec: float | None = setting(
        None,
        "seconds that an uploaded video may have",
        convert=number(0.001),
        form="a number above 0",
        unset="no limit; max_upload_mib holds",
    )
    max_upload_mib: int = setting(
        4096, "MiB that an upload may have", convert=whole_number(1), form="a whole number from 1"
    )
    max_pixels: int = setting(
        33_177_600,
        "pixels that a frame may have (default: 7680x4320)",
        convert=whole_number(1),
        form="a whole number from 1",
    )
    max_storage_mib: int = setting(
        65536,
        "MiB of uploads and sessions together; beyond it uploads are refused and tracking stops",
        convert=whole_number(1),
        form="a whole number from 1",
    )
    max_sessions: int = setting(
        16, "sessions at once", convert=whole_number(1), form="a whole number from 1"
    )
    max_objects: int = setting(
        32, "objects of a session", convert=whole_number(1), form="a whole number from 1"
    )
    session_ttl_sec: float = setting(
        3600.0,
        "seconds after its last request until a session is closed; never while it tracks",
        convert=number(1),
        form="a number from 1",
    )
    video_ttl_sec: float = setting(
        86400.0,
        "seconds after its last use until an upload without a session is deleted",
        convert=number(1),
        form="a number from 1",
    )
    score_thresh: float = setting(
        0.0,
        "mask logits above it are the object's in answers; higher makes masks smaller",
        convert=number(-math.inf),
        form="a number",
    )
    detector: str | None = setting(
        None,
        "finds objects by words: grounding-dino, owlv2, command:PROGRAM, ... (docs/detectors.md)",
        convert=str,
        form="a detector's name, with its option",
        unset="words aren't looked for",
    )
    token: str | None = setting(
        None,
        "a secret that every request must carry: Authorization: Bearer SECRET, or the page's "
        "?token=SECRET",
        convert=str,
        form="any text",
        unset="none is asked for",
    )
    allowed_origins: str = setting(
        "",
        "further pages that may call this server, like https://lab.example, separated by commas",
        convert=_list,
        form="origins separated by commas",
    )
    allowed_hosts: str = setting(
        "",
        "further names by which this server may be called, like gpu.example, separated by commas",
        convert=_list,
        form="names separated by commas",
    )
    live_hosts: str = setting(
        "",
        "hosts whose streams may be opened as live sources; `camera` allows this machine's "
        "cameras, `lavfi` FFmpeg's test sources",
        convert=_list,
        form="names separated by commas",
    )


ALIASES: Mapping[str, str] = {
    "SAMURAI_MODEL_SIZE": "SAMURAI_MODEL",
    "SAMURAI_APP_ROOT": "SAMURAI_CHECKPOINTS",
}
"""Names of SAMURAI's API for variables that have other names here."""
