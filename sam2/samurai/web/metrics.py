"""Numbers for Prometheus, each server its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from samurai.web.service import Service

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"

_LATENCIES = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """Counters of a server.

    Attributes:
        requests: by method, path of the API, and status.
        seconds: until the answer begins, by path.
        streamed: lines of results sent.

    Args:
        service: whose state is asked for at every scrape.
    """

    def __init__(self, service: Service) -> None:
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
        self._registry.register(_State(service))

    def text(self) -> bytes:
        """All numbers, in Prometheus's text form."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is there now."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        service = self._service
        yield GaugeMetricFamily("samurai_ready", "1 once weights are loaded", int(service.ready))
        videos = service.library.all()
        yield GaugeMetricFamily("samurai_videos", "Uploads", len(videos))
        used = service.library.used_bytes()
        yield GaugeMetricFamily("samurai_stored_bytes", "Of uploads and sessions", used)
        if service.ready:
            sessions = service.engine.sessions()
            running = sum(each.running for each in sessions)
            yield GaugeMetricFamily("samurai_sessions", "Sessions", len(sessions))
            yield GaugeMetricFamily("samurai_sessions_tracking", "Sessions that track", running)
            tracked = service.engine.frames_tracked
            yield CounterMetricFamily("samurai_frames_tracked", "Frames tracked", tracked)
