"""What a tracker of the folder protocol printed before it failed.

The toolkit's folder runtime writes that into its debug log only; its error has no more than the
exit code.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from vot import get_logger

_HEADING = "Tracker process output:\n"


@contextlib.contextmanager
def captured_output() -> Iterator[list[str]]:
    """The outputs of failed processes, one text each, while the context is open.

    The toolkit's log shows nothing more than before.
    """
    logger: logging.Logger = get_logger()
    level = logger.level
    captured: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if text.startswith(_HEADING):
            captured.append(text.removeprefix(_HEADING))
            return False
        return record.levelno >= level

    logger.addFilter(keep)
    logger.setLevel(logging.DEBUG)
    try:
        yield captured
    finally:
        logger.setLevel(level)
        logger.removeFilter(keep)
