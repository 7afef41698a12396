"""Numbers for Prometheus, each server its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from samurai.web.engine import Engine
from samurai.web.library import Library

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"

_LATENCIES = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """Counters of a server.

    Attributes:
        requests: by method, path of the API, and status.
        seconds: until the answer begins, by path.
        streamed: lines of results sent.

    Args:
        library: has the uploads.
        engine: gives the engine at every scrape; None while weights are loaded.
    """

    def __init__(self, library: Library, engine: Callable[[], Engine | None]) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "samurai_requests",
            "Requests answered",
            ("method", "path", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "samurai_request_seconds",
            "Seconds until an answer begins",
            ("path",),
            buckets=_LATENCIES,
            registry=self._registry,
        )
        self.streamed = Counter(
            "samurai_streamed_lines", "Lines of results sent", registry=self._registry
        )
        self._registry.register(_State(library, engine))

    def text(self) -> bytes:
        """All numbers, in Prometheus's text form."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is there now."""

    def __init__(self, library: Library, engine: Callable[[], Engine | None]) -> None:
        self._library, self._engine = library, engine

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        engine = self._engine()
        ready = int(engine is not None)
        yield GaugeMetricFamily("samurai_ready", "1 once weights are loaded", ready)
        videos = self._library.all()
        yield GaugeMetricFamily("samurai_videos", "Uploads", len(videos))
        used = self._library.used_bytes()
        yield GaugeMetricFamily("samurai_stored_bytes", "Of uploads and sessions", used)
        if engine is not None:
            sessions = engine.sessions()
            running = sum(each.running for each in sessions)
            yield GaugeMetricFamily("samurai_sessions", "Sessions", len(sessions))
            yield GaugeMetricFamily("samurai_sessions_tracking", "Sessions that track", running)
            tracked = engine.frames_tracked
            yield CounterMetricFamily("samurai_frames_tracked", "Frames tracked", tracked)
