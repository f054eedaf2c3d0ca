"""All images of a run on the network grid, in memory: read once, used by every phase and fold."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dprotonet.errors import ReadableError, UnreadableImage
from dprotonet.modeling.digests import json_digest
from dprotonet.modeling.preprocessing import Preprocessing
from training.data.tensor_cache import read_tensors, write_tensors
from training.data.transforms import PlaceImage
from training.datasets.samples import Sample
from training.io import progress_bar

_log = logging.getLogger(__name__)
_READERS = 2  # threads; decoding leaves Python's lock
_ADDRESS = re.compile(r" at 0x[0-9a-f]+", re.IGNORECASE)  # in a repr, another one in each run


@dataclass(frozen=True, eq=False)
class PlacedImages:
    """Placed images and the facts about them.

    Attributes:
        pixels: ``(N, C, S, S)`` uint8, C is 1 where all are grey.
        labels: ``(N,)`` class indices; ``(N, K)`` bool of a multi-label set.
        samples: N samples, in the same order.
        sha256s: N hashes of the image files.
        left_out: samples that cannot be read, each with a sentence that says why.
        several_frames: how many files have more than one frame; the first was taken.
    """

    pixels: Tensor
    labels: Tensor
    samples: tuple[Sample, ...]
    sha256s: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    several_frames: int = 0

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
        """Whether an image has any number of the classes."""
        return self.labels.ndim == 2

    @cached_property
    def pixel_sha256s(self) -> tuple[str, ...]:
        """N hashes of the placed pixels, taken once."""
        return tuple(
            hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()
            for image in self.pixels.numpy()
        )

    def rows(self, samples: Sequence[Sample]) -> Tensor:
        """Rows of these samples, ``(n,)`` int64."""
        row_of = {s.sample_id: i for i, s in enumerate(self.samples)}
        return torch.tensor([row_of[s.sample_id] for s in samples], dtype=torch.int64)


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


def place_images(
    samples: Sequence[Sample],
    preprocessing: Preprocessing,
    *,
    classes: int = 0,
    keep: Path | None = None,
    damaged: Literal["refuse", "leave_out"] = "refuse",
) -> PlacedImages:
    """Read every sample once.

    Args:
        classes: K, which a multi-label set needs.
        keep: a .safetensors file in which placed images outlive the run, or None.
        damaged: whether images that cannot be read are refused or left out.

    Raises:
        ReadableError: some images cannot be read and are not to be left out, or none can be read.
    """
    digest = _digest(samples, preprocessing)
    cached = _read_cache(keep, digest, samples) if keep else None
    placed = cached or _place(samples, preprocessing)
    _check_problems(placed.problems, len(samples), damaged)
    if keep and cached is None:
        _write_cache(keep, digest, placed)
    read = [s for i, s in enumerate(samples) if i not in placed.problems]
    several = sum(count > 1 for count in placed.frames)
    if several:
        _log.warning("%d files have several frames: the first of each was taken", several)
    return PlacedImages(
        placed.pixels,
        torch.from_numpy(labels_of(read, classes)),
        tuple(read),
        tuple(placed.sha256s),
        tuple((samples[i].sample_id, why) for i, why in placed.problems.items()),
        several,
    )


@dataclass(frozen=True, eq=False)
class _Placed:
    """What was read of N samples; those in ``problems`` are in none of the other fields."""

    pixels: Tensor
    sha256s: Sequence[str]
    frames: Sequence[int]
    problems: Mapping[int, str]  # by the sample's index: why it cannot be read


def _check_problems(problems: Mapping[int, str], count: int, damaged: str) -> None:
    if not problems:
        return
    first = next(iter(problems.values()))
    if len(problems) == count:
        raise ReadableError(f"None of the {count} images can be read. The first: {first}")
    if len(problems) > 1 or damaged == "leave_out":
        for why in problems.values():
            _log.warning("%s", why)
    if damaged == "refuse":
        more = f"{len(problems) - 1} more of {count} images cannot be read either. "
        raise ReadableError(
            f"{first} {more if len(problems) > 1 else ''}"
            "Replace or remove them, or give --set damaged=leave_out."
        )
    _log.warning("%d of %d images cannot be read and were left out", len(problems), count)


def readable(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """The samples whose images can be read: each is loaded, and the log names the others."""
    loaded = []
    for sample in samples:
        try:
            sample.load()
        except UnreadableImage as error:
            _log.warning("left out: %s", error)
        else:
            loaded.append(sample)
    return tuple(loaded)


def _place(samples: Sequence[Sample], preprocessing: Preprocessing) -> _Placed:
    """Read by two threads, each image straight into the one tensor of all.

    Images kept one by one would lie in the holes that larger, passing arrays leave, and the heap
    would grow by such an array with every image: 733 images of 448 × 448 took 1.7 GB.
    """
    side, count = preprocessing.size, 0
    pixels = torch.empty(len(samples), 1, side, side, dtype=torch.uint8)
    sha256s, frames, problems = [], [], {}
    with ThreadPool(_READERS) as pool:
        entries = pool.imap(PlaceImage(preprocessing), samples)
        for i, entry in enumerate(progress_bar(entries, len(samples), "place")):
            if "problem" in entry:
                problems[i] = entry["problem"]
                continue
            if len(entry["image"]) > pixels.shape[1]:  # the first one in colour
                pixels = pixels.repeat(1, 3, 1, 1)
            pixels[count] = entry["image"]
            sha256s.append(entry["sha256"])
            frames.append(entry["frames"])
            count += 1
    _log.info("placed %d images", count)
    return _Placed(pixels if not problems else pixels[:count].clone(), sha256s, frames, problems)


def _digest(samples: Sequence[Sample], preprocessing: Preprocessing) -> str:
    """Names the placed images: ids, files with their size and time, what makes images, and the
    preprocessing."""
    rows = []
    for s in samples:
        facts = s.path.stat() if s.path else None
        maker = _ADDRESS.sub("", repr(s.make)) if s.make else ""
        origin = hashlib.sha256(maker.encode()).hexdigest() if maker else ""
        rows.append((s.sample_id, facts and (facts.st_size, facts.st_mtime_ns), origin))
    return json_digest([preprocessing.digest, rows], spaced=True)


def _read_cache(path: Path, digest: str, samples: Sequence[Sample]) -> _Placed | None:
    tensors = read_tensors(path, digest)
    if tensors is None or set(tensors) != {"films", "sha256s", "frames", "unread"}:
        return None
    hashes = [bytes(row).hex() for row in tensors["sha256s"].tolist()]
    unread = tensors["unread"].tolist()
    read = [sample for i, sample in enumerate(samples) if i not in set(unread)]
    # A generator may have changed under the same facts: a few images are generated again.
    ends = {0, len(read) // 2, len(read) - 1}
    if any(read[i].make and read[i].image_sha256() != hashes[i] for i in ends):
        return None
    problems = {}
    for i in unread:  # tried again, for the sentence that says why
        try:
            samples[i].load()
        except ReadableError as error:
            problems[i] = str(error)
        else:
            return None
    return _Placed(tensors["films"], hashes, tensors["frames"].tolist(), problems)


def _write_cache(path: Path, digest: str, placed: _Placed) -> None:
    hashes = torch.tensor([list(bytes.fromhex(h)) for h in placed.sha256s], dtype=torch.uint8)
    tensors = {  # "films": the key of the files that earlier versions wrote
        "films": placed.pixels,
        "sha256s": hashes,
        "frames": torch.tensor(list(placed.frames), dtype=torch.int64),
        "unread": torch.tensor(list(placed.problems), dtype=torch.int64),
    }
    write_tensors(path, digest, tensors)
