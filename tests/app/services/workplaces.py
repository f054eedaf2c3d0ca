"""Workplaces for tests: small models, images of a few pixels, and a pool that needs no torch."""

from __future__ import annotations

import io
import itertools
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.bootstrap import prepare_data_folder
from app.domain.actors import Actor
from app.domain.bundles import BundleInfo
from app.domain.cases import CaseFacts
from app.domain.explanations import Tier
from app.domain.interventions.changes import Change
from app.services import models
from app.services.adapters import bundle_registry
from app.services.adapters.bundle_registry import Registry
from app.services.adapters.image_reader import case_facts
from app.services.deidentify.key import PseudonymKey
from app.services.inference.frames import NewMaps
from app.services.upload_ledger import UploadLedger
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.blobs import Blobs
from app.store.files.spool import Spool
from app.store.sql_store import SqlStore
from dprotonet.attributes.reading import RowProblem, read_rows
from dprotonet.attributes.table import AttributeTable, Row
from dprotonet.bundle.reader.map_figures import MapFigures
from dprotonet.errors import Cancelled
from dprotonet.explain.explanation import READER, SEARCH, Agreement, Explanation, Faithfulness
from dprotonet.explain.reader.kept_maps import KeptMaps
from dprotonet.explain.settings import TIERS
from dprotonet.images.deidentify.blackout import blacked_out
from dprotonet.images.deidentify.file import deidentify, survey_file
from dprotonet.images.deidentify.instructions import (
    Deidentified,
    Instructions,
    Survey,
    TextFound,
)
from dprotonet.images.dicom.frame_header import frame_header
from dprotonet.images.discs.directory import Directory, read_directory
from dprotonet.images.isolated.archive import OpenArchive, open_archive
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.limits import Limits
from dprotonet.images.reader import look, look_and_read, read_image
from dprotonet.images.source import Source
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.intervention import Control, InterventionResult
from dprotonet.inference.prediction import Prediction, PrototypeMatch
from dprotonet.inference.site_settings import SiteSettings
from dprotonet.inference.support import Support
from dprotonet.modeling.placement import GridPlacement

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

CLASSES = ("none", "finding")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACTS = {"caution_from": 1.25, "threshold": 1.75}
INSIDE = Support("inside", 1.0, **FACTS)
EDGE = "at the edge of what this model was trained on: distance 1.50, its limit is 1.75"
UNLIKE = "unlike what this model was trained on: distance 4.50, its limit is 1.75"
CAUTION = Support("caution", 1.5, reasons=(EDGE,), **FACTS)
OUTSIDE = Support("outside", 4.5, reasons=(UNLIKE,), **FACTS)
MEASURED = Faithfulness(
    insertion_auc=0.6,
    deletion_auc=0.2,
    random_insertion_auc=0.4,
    random_deletion_auc=0.4,
    hidden_value=0.3,
    random_hidden_value=0.7,
    kept_value=0.75,
    area=0.2,
    steps=6,
    fill="blur",
    centre_insertion_auc=0.5,
    centre_deletion_auc=0.3,
)
"""Of the heatmaps of the fake; the more refined they are, the more insertion reveals."""
INSERTION = {"draft": 0.5, "full": 0.7}


class DirectReader:
    """Reads in this process: a child a test would cost half a second."""

    def read(self, source: str | Path | bytes, *, frame: int = 0) -> GrayOrColourImage:
        return read_image(source, frame=frame)

    def look(self, source: str | Path | bytes) -> tuple[CaseFacts, str]:
        facts, digest = look(source)
        return case_facts(facts), digest

    def look_and_read(self, source: str | Path | bytes) -> tuple[CaseFacts, str, GrayOrColourImage]:
        facts, digest, image = look_and_read(source)
        return case_facts(facts), digest, image

    def frame_header(self, source: Source, *, frame: int = 0) -> dict[str, Any]:
        return frame_header(source, frame=frame)

    def directory(self, source: Source) -> Directory:
        return read_directory(source)

    def rows(
        self, source: Path | bytes | HeldBytes, table: AttributeTable
    ) -> tuple[Row | RowProblem, ...]:
        data = source.read_bytes() if isinstance(source, Path) else source
        return read_rows(io.BytesIO(data if isinstance(data, bytes) else data.read()), table)

    def deidentify(
        self, source: Source, pseudonyms: Callable[[Survey], Instructions]
    ) -> tuple[Deidentified, Survey]:
        survey, _ = survey_file(source)
        return deidentify(source, pseudonyms(survey)), survey

    def black_out(self, data: bytes, rectangles: Sequence[TextFound]) -> tuple[bytes, str]:
        return blacked_out(data, rectangles, Limits())

    @contextmanager
    def archive(self, source: Path | bytes | HeldBytes, *, most: int) -> Iterator[OpenArchive]:
        with IsolatedReader() as reader, open_archive(reader, source, most=most) as opened:
            yield opened

    def close(self) -> None:
        pass


@dataclass
class FakePool:
    """Says "finding" of bright images, and marks the middle; without a gate, unless it gets one."""

    prototypes: tuple[str, ...] = ("p00", "p01", "p02", "p03")
    classes: tuple[str, str] = CLASSES
    predicted: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    tiers: list[Tier] = field(default_factory=list)
    intervened: list[str] = field(default_factory=list)
    made_again: list[tuple[str, Tier]] = field(default_factory=list)
    overlap: float = 0.72
    before_predict: Callable[[], None] = lambda: None
    before_intervene: Callable[[], object] = lambda: None
    gate: Callable[[GrayOrColourImage], Support | None] = lambda image: None
    steps: int = 1
    step_seconds: float = 0.0

    def predict(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> Prediction:
        self.before_predict()
        self.predicted.append(model)
        share = float(image.unit().mean())
        threshold = 0.5 if site is None or site.threshold is None else site.threshold
        none, finding = self.classes
        probabilities = {none: 1 - share, finding: share}
        return Prediction(
            label=finding if share >= threshold else none,
            probabilities=probabilities,
            logits={none: -share, finding: share},
            threshold=threshold,
            matches=tuple(
                PrototypeMatch(name, self.classes[n % 2], 0.9 - n / 10, share / (n + 1))
                for n, name in enumerate(self.prototypes)
            ),
            closest_similarity=0.9,
            no_prototype_is_close=False,
            seconds=0.01,
            bundle=model,
            site=None if site is None else site.stamp,
            support=self.gate(image),
        ).withheld()

    def predict_with_maps(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> tuple[Prediction, NewMaps]:
        """Every map peaks in its own column of the grid."""
        nodes = (*(f"class:{n}" for n in CLASSES), *(f"prototype:{n}" for n in self.prototypes))
        cells = np.zeros((len(nodes), 8, 8), np.float32)
        cells[range(len(nodes)), 3, range(len(nodes))] = 1
        maps = KeptMaps.of(nodes, cells, GridPlacement(image.shape, 8, (8, 8), (0, 0)))
        outside = tuple(number / 10 for number in range(len(nodes)))
        return self.predict(model, image, site=site), NewMaps(maps, lambda: outside)

    def intervene(
        self,
        model: str,
        image: Callable[[], GrayOrColourImage],
        *,
        image_key: str,
        before: Prediction,
        change: Change,
        site: SiteSettings | None,
    ) -> InterventionResult:
        """A region halves the finding; at random places it does nothing."""
        self.before_intervene()
        self.intervened.append(image_key)
        assert change.region is not None and image().shape
        found = before.probabilities["finding"] / 2
        return InterventionResult(
            label="none",
            probabilities={"none": 1 - found, "finding": found},
            logits={"none": -found, "finding": found},
            evidence={match.prototype: match.evidence / 2 for match in before.matches},
            area=0.25,
            control=Control(before.probabilities, dict.fromkeys(CLASSES, 0.05), 8, True),
        )

    def read_changed(
        self,
        model: str,
        image: GrayOrColourImage,
        others: Sequence[GrayOrColourImage],
        *,
        before: Prediction,
        off: Sequence[str],
        site: SiteSettings | None,
    ) -> InterventionResult:
        """As every prediction: the brighter the picture the more of the finding."""
        after = self.predict(model, image, site=site)
        drawn = [self.predict(model, each, site=site).probabilities for each in others]
        evidence = {match.prototype: match.evidence for match in after.matches}
        assert after.label is not None
        return InterventionResult(
            label=after.label,
            probabilities=after.probabilities,
            logits=after.logits,
            evidence={name: 0.0 if name in off else value for name, value in evidence.items()},
            control=Control.of(drawn, in_body=False),
        )

    def explain(
        self,
        model: str,
        image: GrayOrColourImage,
        node: str,
        *,
        tier: Tier,
        seed: int,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Explanation:
        for step in range(self.steps):
            time.sleep(self.step_seconds)
            if cancelled():
                raise Cancelled
            progress((step + 1) / self.steps)
        self.explained.append(node)
        self.tiers.append(tier)
        rows, columns = image.shape
        heatmap = np.zeros((8, 8), np.float32)
        heatmap[2:6, 3:5] = 1.0
        heatmap[7, list(TIERS).index(tier)] = 0.5  # each tier's map is another
        return Explanation(
            node=node,
            heatmap=heatmap,
            placement=GridPlacement((rows, columns), 8, (8, 8), (0, 0)),
            settings_digest=TIERS[tier].digest,
            seed=seed,
            raw_range=(0.0, 1.0),
            value_before=0.8,
            value_after=0.7,
            passes_forward=32,
            passes_backward=16,
            seconds=0.5,
            measuring_seconds=0.2,
            stop_reason="converged",
            faithfulness=replace(MEASURED, insertion_auc=INSERTION.get(tier, 0.6)),
            peak=(0.5, 0.45),
            outside_body=0.25,
            drawn_by=READER if tier == "instant" else SEARCH,
        )

    def agree(
        self,
        model: str,
        image: GrayOrColourImage,
        node: str,
        heatmap: np.ndarray,
        *,
        tier: Tier,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Agreement:
        for step in range(self.steps):
            time.sleep(self.step_seconds)
            if cancelled():
                raise Cancelled
            progress((step + 1) / self.steps)
        assert heatmap[7, list(TIERS).index(tier)] == 0.5, "it is this tier's own"
        self.made_again.append((node, tier))
        return Agreement(self.overlap, "views" if tier == "instant" else "draws", 3, 0.2)


KNOWN = MapFigures("finding", 100, 0.92, 0.9, 0.6)
"""Of the mask reader's maps, in the card of every model that has one."""


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """All models have a mask reader; its maps are the fake pool's."""
    load = bundle_registry._load

    def load_with_reader(path: Path) -> tuple[BundleInfo, Bundle | None]:
        info, bundle = load(path)
        return replace(info, has_reader=True, map_figures={READER: KNOWN}), bundle

    monkeypatch.setattr(bundle_registry, "_load", load_with_reader)


def by_brightness(image: GrayOrColourImage) -> Support:
    """A gate: dark images are refused, those of medium brightness get a caution."""
    mean = float(image.unit().mean())
    return OUTSIDE if mean < 0.2 else CAUTION if mean < 0.6 else INSIDE


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder like the program's own assets, with two small models of random weights.

    Each workplace has a registry of its own; what it reads of these models is read once.
    """
    from tests.dprotonet.tiny_bundle import make_tiny_bundle  # torch: seconds in every process

    folder = tmp_path_factory.mktemp("assets")
    for seed, name in enumerate(("chest-phantom", "nih-pneumonia")):
        make_tiny_bundle(folder / "models" / name, CLASSES, name=name, seed=seed)
    load, loaded = bundle_registry._load, {}

    def load_once(path: Path) -> tuple[BundleInfo, Bundle | None]:
        if not path.is_relative_to(folder):
            return load(path)
        key = (path, (path / bundle_registry.MANIFEST).stat().st_mtime_ns)
        if key not in loaded:
            loaded[key] = load(path)
        return loaded[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle_registry, "_load", load_once)
        yield folder


def make_workplace(
    settings: Settings,
    *,
    reader: str = "Reader One",
    database: Path | None = None,
    pseudonyms: PseudonymKey | None = None,
) -> Workplace:
    """A workplace that reads in this process, with a clock that moves a second a look.

    Args:
        database: a migrated SQLite file; the data folder gets a copy of it.
        pseudonyms: with a key patients' images are held.
    """
    prepare_data_folder(settings)
    if database is not None:
        shutil.copy(database, settings.data / "review.sqlite3")
    seconds = itertools.count()
    return Workplace(
        settings=settings,
        store=SqlStore(settings.store_url),
        blobs=Blobs(settings.blob_root),
        models=Registry(settings.model_folders),
        image_reader=DirectReader(),  # type: ignore[arg-type]
        uploads=UploadLedger(Spool(settings.spool)),
        actor=Actor(reader),
        clock=lambda: START + timedelta(seconds=next(seconds)),
        holds_patients=pseudonyms is not None,
        pseudonyms=pseudonyms,
    )


def make_workplace_with_folder(
    data: Path, database_url: str, assets: Path, *, bucket: str = ""
) -> Workplace:
    """The same with one server folder that it may read, ``images`` beside its data."""
    folder = data.parent / "images"
    folder.mkdir()
    return make_workplace(
        Settings(data, database_url=database_url, assets=assets, folders=(folder,), bucket=bucket)
    )


def active_model(workplace: Workplace) -> BundleInfo:
    """The model that new images are read with; there is one."""
    active = models.active(workplace)
    assert active is not None
    return active


def png(seed: int = 0, *, level: int | None = None, side: int = 16) -> bytes:
    """A small grey image: noise, or one level."""
    chance = np.random.default_rng(seed)
    pixels = chance.integers(0, 256, (side, side + 2)).astype(np.uint8)
    if level is not None:
        pixels = np.clip(pixels // 16 + level, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def dicom(seed: int = 0, *, study_uid: str = "1.2.3", frames: int = 1, name: str = "") -> bytes:
    """A small DICOM image."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{seed}"
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, f"1.2.3.{seed}"
    data.StudyInstanceUID, data.SeriesInstanceUID = study_uid, study_uid + ".1"
    data.Modality, data.ViewPosition, data.PatientName = "DX", "PA", name
    data.PhotometricInterpretation, data.SamplesPerPixel = "MONOCHROME2", 1
    data.Rows, data.Columns = 16, 18
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelRepresentation = 0
    if frames > 1:
        data.NumberOfFrames = frames
    chance = np.random.default_rng(seed)
    data.PixelData = chance.integers(0, 4096, (frames, 16, 18)).astype("<u2").tobytes()
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def damaged_frame(damaged: int, *, frames: int) -> bytes:
    """A DICOM image of several compressed frames, one of which cannot be decoded."""
    from pydicom import dcmread
    from pydicom.encaps import encapsulate, generate_frames
    from pydicom.uid import RLELossless

    data = dcmread(io.BytesIO(dicom(1, frames=frames)))
    data.compress(RLELossless, generate_instance_uid=False)
    parts = list(generate_frames(data.PixelData, number_of_frames=frames))
    parts[damaged] = b"\xff" * 80
    data.PixelData = encapsulate(parts)
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()
