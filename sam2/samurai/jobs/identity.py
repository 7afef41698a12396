"""What a job belongs to: its video, and all that its answers depend on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from samurai.errors import JobError
from samurai.fingerprints.fingerprint import changes, tracker_fingerprint
from samurai.tracker import Tracker
from samurai.video.sources.base import VideoInfo
from samurai.video.sources.images import images_of

_FIRST_BYTES = 1 << 20


def identity_of(info: VideoInfo) -> dict[str, Any]:
    """What tells a video from others. Of a file the content counts, and not where it lies; of a
    folder its images, since results may be written beside them."""
    found: dict[str, Any] = {
        "width": info.width,
        "height": info.height,
        "frames": info.frame_count,
        "live": info.live,
    }
    place = Path(info.name)
    try:
        if place.is_file():
            with place.open("rb") as stream:
                digest = hashlib.sha256(stream.read(_FIRST_BYTES)).hexdigest()
            return {**found, "bytes": place.stat().st_size, "digest": digest[:16]}
        if place.is_dir():
            files = sorted((file.name, file.stat().st_size) for file in images_of(place))
            listing = hashlib.sha256(repr(files).encode("utf-8", "surrogateescape"))
            return {**found, "digest": listing.hexdigest()[:16]}
    except (OSError, ValueError):
        pass  # a name that isn't that of a file
    return {**found, "name": info.name}


def settings_of(tracker: Tracker) -> dict[str, str]:
    """All that a tracker's answers depend on, by name."""
    found = {**tracker_fingerprint(tracker.config), "made with": tracker.made_with}
    if tracker.mask_threshold:
        found["mask threshold"] = f"{tracker.mask_threshold:g}"
    return found


def check_same(
    then: dict[str, Any], info: VideoInfo, settings: dict[str, str], tracker: Tracker
) -> None:
    """Refuse to go on with another video, or with other settings.

    Args:
        then: identity of the job's video.
        settings: of the job's answers.

    Raises:
        JobError: something else; the message says what.
    """
    now = identity_of(info)
    for name in then if then.keys() == now.keys() else ("kind",):
        if then.get(name) != now.get(name):
            raise JobError(
                f"the job tracks another video than {info.name} ({name}: {then.get(name)}, now "
                f"{now.get(name)}): open it with its own, or create a job in another folder"
            )
    changed = changes(settings, settings_of(tracker))
    if changed:
        raise JobError(
            f"the job's answers were made with something else ({'; '.join(changed)}): use the same "
            "settings and version, or create a job in another folder"
        )
