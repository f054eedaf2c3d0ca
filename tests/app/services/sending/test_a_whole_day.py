"""A whole day on loopback: thirty studies from the archive, read blind, signed, and back in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from app.domain.archives.found import Filters
from app.services import batches, explanations, review
from app.services.archives import asking as archive
from app.services.archives import bringing, searching
from app.services.audit import verifying
from app.services.deidentify.key import PseudonymKey
from app.services.dicom_out import objects
from app.services.inference import queue
from app.services.room.opening import open_room
from app.services.sending import asking, delivering, stow
from app.services.sending.restoring import restore
from app.services.studies import blinding, reading
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.batch_states import states
from tests.app.services.dicom_out.reads import TEXT, changed, image_file, sign
from tests.app.services.dicom_out.validators import errors_of_ours, report_text, written
from tests.app.services.sending.outboxes import sending_to
from tests.app.services.workplaces import FakePool, make_workplace
from tests.orthanc import Orthanc

STUDIES = 30
KEY = PseudonymKey(bytes(range(32)))
PERSON = ("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "StudyDate")
MOST = 64 * 1024 * 1024  # bytes of one instance


@cache
def film(number: int) -> bytes:
    """A small radiograph, digital or computed, of somebody."""
    data = image_file("cr" if number % 3 == 0 else "dx")
    pixels = dcmread(io.BytesIO(data))
    raw = np.frombuffer(pixels.PixelData, "<u2").copy()
    raw[: number + 1] = 40 + number  # so that no two have the same pixels
    return changed(
        data,
        PixelData=raw.tobytes(),
        PatientName=f"Garcia^Quetzal{number:02d}",
        PatientID=f"MRN-{number:05d}",
        PatientBirthDate=f"1944{1 + number % 12:02d}19",
        AccessionNumber=f"ACC-{number:03d}",
        StudyDate=f"202401{1 + number:02d}",
        StudyInstanceUID=f"1.2.826.0.1.71.{number}",
        SeriesInstanceUID=f"1.2.826.0.1.72.{number}",
        SOPInstanceUID=f"1.2.826.0.1.73.{number}",
        BurnedInAnnotation="NO",
    )


def read(data: bytes) -> Dataset:
    return dcmread(io.BytesIO(data))


@pytest.fixture
def site(empty_sqlite: Path, tmp_path: Path, assets: Path, orthanc: Orthanc) -> Iterator[Workplace]:
    """A clinic: patients' images are held under pseudonyms, and every signature goes back under the
    person's name."""
    settings = Settings(tmp_path / "data", assets=assets)
    opened = make_workplace(settings, database=empty_sqlite, pseudonyms=KEY)
    yield sending_to(
        opened,
        orthanc.archive,
        moment="automatic",
        naming="identity",
        kinds=("report", "segmentation", "capture"),
    )
    opened.close()


def test_thirty_studies_go_from_the_archive_to_a_signature_and_back(
    site: Workplace, pool: FakePool, orthanc: Orthanc, tmp_path: Path
) -> None:
    originals = {f"1.2.826.0.1.71.{n}": read(film(n)) for n in range(STUDIES)}
    stored = stow.store(orthanc.archive, list(originals.values()))
    assert len(stored.stored) == STUDIES and not stored.failures

    found = searching.studies(site, "main", Filters(), limit=100).studies
    assert {study.study_uid for study in found} == set(originals)
    batch = bringing.start(site, "main", [study.study_uid for study in found])
    queue.run_pending(site, pool)
    assert batches.progress(site, batch.job_id).counts == {"done": STUDIES}, states(site, batch)

    cases = [row.case_id or "" for row in batches.rows(site, batch.job_id, size=100).rows]
    blinding.set_reads_first(site, True)
    for case_id in cases:
        read_blind_then_sign(site, pool, case_id)
    while delivering.send_next(site):
        pass
    assert {one.state for one in asking.listed(site)} == {"sent"}, asking.listed(site)

    known = restored(site, cases)
    assert len(known) == 3 * STUDIES
    came_back = 0
    for study_uid, original in originals.items():
        (source := tmp_path / "source.dcm").write_bytes(film(int(study_uid.rpartition(".")[2])))
        of_study = instances(orthanc, study_uid)
        assert str(original.SOPInstanceUID) in of_study and len(of_study) == 4
        for uid, one in of_study.items():
            if uid == str(original.SOPInstanceUID):
                continue
            came_back += 1
            assert [one.get(name) for name in PERSON] == [original.get(name) for name in PERSON]
            made = known.pop(uid)
            assert one == made, one.Modality
            if one.Modality != "SR":
                np.testing.assert_array_equal(one.pixel_array, made.pixel_array)
                assert one.pixel_array.any()
            file = written(one, tmp_path, str(one.Modality))
            assert errors_of_ours(file, source) == [], (study_uid, one.Modality)
        said = report_text(tmp_path / "SR.dcm")
        assert "Läsion links" in said and "device" in said
    assert came_back == 3 * STUDIES and not known
    assert searching.studies(site, "main", Filters(), limit=100).studies.__len__() == STUDIES
    assert verifying.verify(site).problems == ()
    nobody_is_named(site, tmp_path / "data")


def read_blind_then_sign(site: Workplace, pool: FakePool, case_id: str) -> None:
    """Nothing of the model before the lock; then its heatmap, and a signature."""
    blind = open_room(site, case_id)
    assert blind.stage == "blind" and blind.headline is None and blind.maps == ()
    reading.lock(site, case_id, label="finding", confidence=3, active_seconds=5.0)
    shown = open_room(site, case_id)
    assert shown.stage == "revealed" and shown.headline is not None
    node = f"class:{review.open_case(site, case_id).offered_class}"
    explanations.request(site, case_id, node=node, tier="draft")
    queue.run_pending(site, pool)
    sign(site, case_id, text=TEXT)


def restored(site: Workplace, cases: list[str]) -> dict[str, Dataset]:
    """What should be in the archive, made anew, as it is read back from a file."""
    found = {}
    for case_id in cases:
        with site.store.read() as tx:
            note = tx.identities.note_of(tx.cases.get(case_id).file_sha256)
        told = KEY.unseal(note or "")
        assert isinstance(told, dict)
        for one in objects.of_revision(site, case_id).objects:
            if one.name in site.settings.sending.kinds:
                restore(one.dataset, {k: str(v) for k, v in told.items()}, KEY)
                buffer = io.BytesIO()
                one.dataset.save_as(buffer, enforce_file_format=True)
                again = read(buffer.getvalue())
                found[str(again.SOPInstanceUID)] = again
    return found


def instances(orthanc: Orthanc, study_uid: str) -> dict[str, Dataset]:
    """All of a study, found by QIDO and fetched."""
    found = {}
    for series in archive.find_series(orthanc.archive, study_uid):
        for where in archive.find_instances(orthanc.archive, study_uid, series.series_uid):
            data = archive.instance(orthanc.archive, where, most=MOST)
            found[where.instance_uid] = read(data)
    return found


def nobody_is_named(site: Workplace, data: Path) -> None:
    site.store.close()
    files = [path for path in data.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert not [text for text in (b"Quetzal", b"MRN-0", b"1.2.826.0.1.7") if text in content]
