"""Figures of a server in Prometheus' text format; none of them names an image or a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from app.domain.actors import PROGRAM
from app.domain.sending.sending import SEND_STATES
from app.services import condition
from app.services.workplace import Workplace
from app.store.errors import readable_errors
from dprotonet.errors import ReadableError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)

OF_PROCESS = CollectorRegistry()
"""What this process counts, from its start."""
PlatformCollector(OF_PROCESS)
ProcessCollector(registry=OF_PROCESS)
REQUESTS = Counter(
    "dprotonet_requests", "Answers.", ("method", "route", "status"), registry=OF_PROCESS
)
SECONDS = Histogram(
    "dprotonet_request_seconds",
    "From a request to its answer.",
    ("route",),
    buckets=_BUCKETS,
    registry=OF_PROCESS,
)


def exposition(get_workplace: Callable[[], Workplace]) -> bytes:
    """All figures as text: the process's own, and the workplace's as they are now."""
    registry = CollectorRegistry()
    registry.register(_OfWorkplace(get_workplace))
    return generate_latest(OF_PROCESS) + generate_latest(registry)


class _OfWorkplace(Collector):
    """Asked for at each reading. A store that cannot be reached is a figure, not an error."""

    def __init__(self, get_workplace: Callable[[], Workplace]) -> None:
        self._get_workplace = get_workplace

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily | InfoMetricFamily]:
        reached = GaugeMetricFamily("dprotonet_store_reached", "1 if the database answers.")
        try:
            with readable_errors():
                found = list(_families(condition.figures(self._get_workplace().of(PROGRAM))))
        except ReadableError:
            found = []
        reached.add_metric((), float(bool(found)))
        yield reached
        yield from found


def _families(figures: condition.Figures) -> Iterable[GaugeMetricFamily | InfoMetricFamily]:
    queue = GaugeMetricFamily("dprotonet_jobs", "Jobs.", labels=("kind", "state"))
    for (kind, state), count in sorted(figures.jobs.items()):
        queue.add_metric((kind, state), count)
    yield queue
    yield GaugeMetricFamily(
        "dprotonet_oldest_waiting_seconds",
        "How long the oldest waiting job has waited; 0 without one.",
        value=figures.oldest_waiting,
    )
    outbox = GaugeMetricFamily(
        "dprotonet_outbox", "Signed revisions for archives.", labels=("state",)
    )
    for state in SEND_STATES:
        outbox.add_metric((state,), figures.outbox.get(state, 0))
    yield outbox
    yield GaugeMetricFamily(
        "dprotonet_worker_alive",
        "1 if a worker gave a sign of life in the last seconds.",
        value=float(figures.workers.count > 0),
    )
    yield GaugeMetricFamily(
        "dprotonet_workers",
        "Workers that gave a sign of life in the last seconds.",
        value=float(figures.workers.count),
    )
    yield GaugeMetricFamily(
        "dprotonet_worker_resident_bytes",
        "Memory of all workers as they last said; 0 where the system does not tell.",
        value=float(figures.workers.memory),
    )
    yield GaugeMetricFamily(
        "dprotonet_free_bytes",
        "Free on the disk of the data folder.",
        value=float(figures.free),
    )
    if figures.active is not None:
        model = InfoMetricFamily("dprotonet_active_model", "What new images are predicted with.")
        model.add_metric((), {"name": figures.active.name, "digest": figures.active.digest})
        yield model
