"""All films of a run on the network grid, in memory: read once, used by every phase and fold."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dprotonet.preprocessing import Preprocessing
from training.datasets.samples import Sample
from training.kept import read_kept, write_kept
from training.transforms import PlaceFilm

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Films:
    """Placed films and what is known of them.

    Attributes:
        pixels: ``(N, C, S, S)`` uint8, C is 1 where all are grey.
        labels: ``(N,)`` class indices; ``(N, K)`` bool of a multi-label set.
        samples: N samples, in the same order.
        sha256s: N hashes of the image files.
    """

    pixels: Tensor
    labels: Tensor
    samples: tuple[Sample, ...]
    sha256s: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def patients(self) -> np.ndarray:
        """``(N,)`` patient ids."""
        return np.array([s.patient_id for s in self.samples])

    @property
    def views(self) -> np.ndarray:
        """``(N,)`` views, "" where unknown."""
        return np.array([s.view for s in self.samples])

    @property
    def sexes(self) -> np.ndarray:
        """``(N,)`` "F", "M" or "" where unknown."""
        return np.array([s.sex for s in self.samples])

    @property
    def ages(self) -> np.ndarray:
        """``(N,)`` years, nan where unknown."""
        return ages_of(self.samples)

    @property
    def multi_label(self) -> bool:
        """Whether a film has any number of the classes."""
        return self.labels.ndim == 2

    @cached_property
    def pixel_sha256s(self) -> tuple[str, ...]:
        """N hashes of the placed pixels, taken once."""
        return tuple(
            hashlib.sha256(np.ascontiguousarray(film).tobytes()).hexdigest()
            for film in self.pixels.numpy()
        )

    def rows(self, samples: Sequence[Sample]) -> Tensor:
        """Where these samples stand, ``(n,)`` int64."""
        place = {s.sample_id: i for i, s in enumerate(self.samples)}
        return torch.tensor([place[s.sample_id] for s in samples], dtype=torch.int64)


def labels_of(samples: Sequence[Sample], classes: int = 0) -> np.ndarray:
    """``(n,)`` class indices, or ``(n, K)`` bool of a multi-label set with ``classes`` = K."""
    if not samples or samples[0].labels is None:
        return np.array([s.label for s in samples], dtype=np.int64)
    if classes < 1:
        raise ValueError("a multi-label set needs its number of classes")
    hot = np.zeros((len(samples), classes), dtype=bool)
    for row, sample in zip(hot, samples, strict=True):
        row[list(sample.classes)] = True
    return hot


def ages_of(samples: Sequence[Sample]) -> np.ndarray:
    """``(n,)`` years, nan where unknown."""
    return np.array([np.nan if s.age is None else float(s.age) for s in samples])


def place_films(
    samples: Sequence[Sample],
    preprocessing: Preprocessing,
    *,
    classes: int = 0,
    keep: Path | None = None,
) -> Films:
    """Read every sample once.

    Args:
        classes: K, which a multi-label set needs.
        keep: a .safetensors file in which placed films outlive the run, or None.
    """
    names = _digest(samples, preprocessing)
    placed = _kept(keep, names, samples) if keep else None
    if placed is None:
        placed = _place(samples, preprocessing)
        if keep:
            _keep(keep, names, placed)
    pixels, sha256s = placed
    labels = torch.from_numpy(labels_of(samples, classes))
    return Films(pixels, labels, tuple(samples), tuple(sha256s))


def _place(samples: Sequence[Sample], preprocessing: Preprocessing) -> tuple[Tensor, Sequence[str]]:
    from monai.data import CacheDataset

    cache = CacheDataset(
        list(samples),
        PlaceFilm(preprocessing),
        num_workers=2,
        progress=sys.stderr.isatty(),
        copy_cache=False,
    )
    films = [cache[i]["film"] for i in range(len(samples))]
    colour = any(film.shape[0] == 3 for film in films)
    pixels = torch.stack([film.expand(3 if colour else 1, -1, -1) for film in films])
    _log.info("placed %d films", len(films))
    return pixels, [cache[i]["sha256"] for i in range(len(samples))]


def _digest(samples: Sequence[Sample], preprocessing: Preprocessing) -> str:
    """Names the placed films: ids, files with their size and time, and the preprocessing."""
    rows = []
    for s in samples:
        facts = s.path.stat() if s.path else None
        made = repr(s.make) if s.make else ""
        made = hashlib.sha256(made.encode()).hexdigest() if "PhantomSample" in made else ""
        rows.append((s.sample_id, facts and (facts.st_size, facts.st_mtime_ns), made))
    text = json.dumps([preprocessing.digest, rows])
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(
    path: Path, digest: str, samples: Sequence[Sample]
) -> tuple[Tensor, Sequence[str]] | None:
    found = read_kept(path, digest)
    if found is None or set(found) != {"films", "sha256s"}:
        return None
    hashes = [bytes(row).hex() for row in found["sha256s"].tolist()]
    # A generator may have changed under the same facts: a few films are made again.
    ends = {0, len(samples) // 2, len(samples) - 1}
    if any(samples[i].make and samples[i].image_sha256() != hashes[i] for i in ends):
        return None
    return found["films"], hashes


def _keep(path: Path, digest: str, placed: tuple[Tensor, Sequence[str]]) -> None:
    pixels, sha256s = placed
    hashes = torch.tensor([list(bytes.fromhex(h)) for h in sha256s], dtype=torch.uint8)
    write_kept(path, digest, {"films": pixels, "sha256s": hashes})
