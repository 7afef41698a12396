"""The life of the tracker process: redirected output, settings, model, hello, requests, exit code.

Nothing heavy is imported before standard output is redirected, so that nothing that a library
prints at import reaches the TraX pipe.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING

from samurai.errors import DependencyError
from samurai.runtime.allocator import keep_freed_memory
from vot_wrapper.needs import TRAX
from vot_wrapper.trax.stdio import IsolatedStdio
from vot_wrapper.trax.watchdog import Stopped, Watch

if TYPE_CHECKING:
    from pathlib import Path

    from vot_wrapper.folder.job import Job
    from vot_wrapper.settings import Settings
    from vot_wrapper.trax.server import ChannelLike, TrackerLike
    from vot_wrapper.trax.wire import Channel

log = logging.getLogger(__name__)

REASON_LENGTH = 400

SPIN_COUNT = {"GOMP_SPINCOUNT": "10000"}
"""Spin count of torch's threads while they wait for each other, read by libgomp at import. Its own
default, 30 times as long, makes a frame of nano 5 times slower where the two cores are shared with
other processes; not spinning at all makes it twice as slow where they are not."""

BY_HAND = (
    "samurai serve speaks TraX on standard input and output and is started by the VOT toolkit: "
    "try `vot evaluate samurai` in a workspace, `samurai evaluate`, or `samurai doctor`"
)


def run(load: Callable[[Settings], TrackerLike] | None = None, folder: Path | None = None) -> int:
    """Serve one TraX client on standard input and output until it quits, or a folder.

    Every failure is logged, with its traceback unless its message is complete, and sent to the
    client as the reason of a quit message, which the toolkit prints; also a failure before the
    first request.

    Args:
        load: makes a warmed-up tracker; the samurai tracker when left out.
        folder: of the toolkit's folder protocol, to be answered by files; None for TraX.

    Returns:
        The process's exit code: 0 when the client ended the conversation, 1 after a failure, 2 when
        it was started on a terminal or without vot-trax, 128 and the signal's number after a
        signal.
    """
    try:
        TRAX.require("the tracker process")
    except DependencyError as error:  # no client can be told: that takes vot-trax
        print(f"samurai: {error}", file=sys.stderr)
        return 2
    stdio = IsolatedStdio()
    watch = Watch(stdio.output)
    watch.start()
    try:
        return _serve(stdio, load or load_tracker, folder)
    except Stopped as stopped:  # during the report of a failure
        return 128 + stopped.signal_number
    finally:
        watch.stop()


def _serve(
    stdio: IsolatedStdio, load: Callable[[Settings], TrackerLike], folder: Path | None
) -> int:
    """`run`, after the standard descriptors were redirected."""
    spin_briefly(os.environ)
    keep_freed_memory()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    if folder is None and stdio.interactive and "TRAX_SOCKET" not in os.environ:
        stdio.write_stderr(BY_HAND)
        return 2
    failure: BaseException | None = None
    channel: ChannelLike | None = None
    try:
        if folder is None:
            settings, tracker = _prepare(stdio, os.environ, load)
            channel = _hello(stdio, settings)
        else:
            job = _job(folder)  # before the model is loaded
            settings, tracker = _prepare(stdio, os.environ, load)
            channel = _folder_channel(job, settings)
        _converse(channel, tracker, settings)
        log.info("the client has quit")
    except BaseException as error:
        failure = error
        traceback = None if _explains_itself(error) else error
        log.error("the tracker process fails: %s", reason_line(error), exc_info=traceback)
    if failure is None:
        return 0
    stdio.report()
    if channel is not None or folder is None:
        _quit(stdio, channel, failure)
    return 128 + failure.signal_number if isinstance(failure, Stopped) else 1


def _explains_itself(failure: BaseException) -> bool:
    """Whether a failure's message names cause and remedy, so that a traceback only hides it."""
    from samurai.errors import SamuraiError
    from vot_wrapper.trax.server import RequestError

    if isinstance(failure, RequestError):
        return isinstance(failure.__cause__, SamuraiError)
    return isinstance(failure, SamuraiError | Stopped)


def spin_briefly(environ: MutableMapping[str, str]) -> None:
    """Make torch's threads spin only briefly, unless the user's environment sets how they wait."""
    if "OMP_WAIT_POLICY" not in environ and "GOMP_SPINCOUNT" not in environ:
        environ.update(SPIN_COUNT)


def load_tracker(settings: Settings) -> TrackerLike:
    """The samurai tracker of these settings, loaded and warmed up."""
    from samurai.speed import keep_compiled

    keep_compiled(os.environ)
    from samurai import Tracker
    from samurai.runtime.threads import set_thread_count

    tracker = Tracker.load(settings)
    threads = set_thread_count(tracker.network.spec.input_size, os.environ)
    tracker.warm_up()
    log.info("%s is ready on %s, %d threads", settings.model_name, tracker.network.device, threads)
    return tracker


def _prepare(
    stdio: IsolatedStdio, environ: Mapping[str, str], load: Callable[[Settings], TrackerLike]
) -> tuple[Settings, TrackerLike]:
    """Settings and tracker; all before the hello, because the toolkit sets no time limit for
    that."""
    from vot_wrapper.settings import read_settings, refuse_misspelt, unknown_variables

    refuse_misspelt(environ)
    settings = read_settings(environ)
    if settings.log is not None:
        stdio.log_to(settings.log)
    log.info("process %d: %s", os.getpid(), settings)
    for warning in unknown_variables(environ):
        log.warning(warning)
    return settings, load(settings)


def _hello(stdio: IsolatedStdio, settings: Settings | None = None) -> Channel:
    """Say hello to the client, which then sends requests."""
    import trax

    from vot_wrapper.trax.wire import Channel

    about = f"{settings.model_name}, policy {settings.policy}" if settings else ""
    with stdio.trax_environment() as wire:
        server = trax.Server(
            ["rectangle", "mask", "polygon"],
            ["path"],
            ["color"],
            tracker_name="samurai",
            tracker_description=about,
            tracker_family="SAM 2.1",
            multiobject=settings is None or settings.objects == "simultaneous",
        )
    return Channel(server, wire)


def _job(folder: Path) -> Job:
    """The content of a folder; FolderError if it can't be used."""
    from vot_wrapper.folder.job import read_job

    return read_job(folder)


def _folder_channel(job: Job, settings: Settings) -> ChannelLike:
    """The channel to a folder."""
    from vot_wrapper.folder.channel import FolderChannel

    return FolderChannel(job, one_by_one=settings.objects == "sequential")


def _converse(channel: ChannelLike, tracker: TrackerLike, settings: Settings) -> None:
    from vot_wrapper.trax.server import TraxHandler

    TraxHandler(channel, tracker, settings).run()


def _quit(stdio: IsolatedStdio, channel: ChannelLike | None, failure: BaseException) -> None:
    """Tell the client why the process ends.

    Before the hello the client can't receive a reason: so the hello is sent, and the first request
    is answered with the reason. Otherwise the toolkit would only print "unable to connect".
    """
    try:
        if channel is None:
            channel = _hello(stdio)
            if not isinstance(failure, Stopped):
                channel.wait()
        channel.quit(reason_line(failure))
    except Exception as error:
        log.warning("can't report to the client: %s", reason_line(error))


def reason_line(failure: BaseException) -> str:
    """A failure in one line for the wire: ASCII, because libtrax takes any other byte for the end
    of the stream, and shortened in the middle to a limited length."""
    text = " ".join(f"{type(failure).__name__}: {failure}".split())
    text = text.encode("ascii", errors="backslashreplace").decode("ascii")
    text = "".join(character if character.isprintable() else "?" for character in text)
    half = REASON_LENGTH // 2 - 3
    return text if len(text) <= REASON_LENGTH else f"{text[:half]} ... {text[-half:]}"
