"""Figures of a server in Prometheus' text format; none of them names an image or a person."""

from __future__ import annotations

import shutil
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

from app.services import jobs, models
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
                found = list(_figures(self._get_workplace()))
        except ReadableError:
            found = []
        reached.add_metric((), float(bool(found)))
        yield reached
        yield from found


def _figures(workplace: Workplace) -> Iterable[GaugeMetricFamily | InfoMetricFamily]:
    now = workplace.clock()
    with workplace.store.read() as tx:
        counts = tx.jobs.counts()
        oldest = tx.jobs.oldest_waiting()
    queue = GaugeMetricFamily("dprotonet_jobs", "Jobs.", labels=("kind", "state"))
    for (kind, state), count in sorted(counts.items()):
        queue.add_metric((kind, state), count)
    yield queue
    yield GaugeMetricFamily(
        "dprotonet_oldest_waiting_seconds",
        "How long the oldest waiting job has waited; 0 without one.",
        value=0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
    )
    yield GaugeMetricFamily(
        "dprotonet_worker_alive",
        "1 if the worker gave a sign of life in the last seconds.",
        value=float(jobs.worker_is_alive(workplace)),
    )
    yield GaugeMetricFamily(
        "dprotonet_worker_resident_bytes",
        "Memory of the worker's process as it last said; 0 where the system does not tell.",
        value=float(jobs.worker_memory(workplace)),
    )
    yield GaugeMetricFamily(
        "dprotonet_free_bytes",
        "Free on the disk of the data folder.",
        value=float(shutil.disk_usage(workplace.settings.data).free),
    )
    active = models.active(workplace)
    if active is not None:
        model = InfoMetricFamily("dprotonet_active_model", "What new images are predicted with.")
        model.add_metric((), {"name": active.name, "digest": active.digest})
        yield model
