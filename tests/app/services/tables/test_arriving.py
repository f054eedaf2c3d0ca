"""A table that arrives: of each row what the model reads, and nothing else."""

import io
import zipfile
from pathlib import Path

import pytest

from app.domain.bundles import BundleInfo
from app.domain.tables.table_row import TableRow
from app.services import batches, review
from app.services.inference import queue
from app.services.tables import arriving
from app.services.uploading import batch_files, several
from app.services.workplace import Workplace
from dprotonet.errors import UnreadableTable
from tests.app.services.workplaces import FakePool, png
from tests.dprotonet.row_bundle import CSV

NAMED = CSV.replace("\na,", "\nSecret^Person,")


def test_each_row_becomes_a_file_of_its_values(workplace: Workplace, info: BundleInfo) -> None:
    found = arriving.rows_of(workplace, CSV.encode(), name="dir/table.csv", info=info)
    assert [one.name for one in found] == [
        "table.csv, line 2",
        "table.csv, line 3",
        "table.csv, line 4",
    ]
    first = found[0].arrival
    assert first is not None and first.identity is None
    row = TableRow.from_bytes(first.data)  # type: ignore[arg-type]
    assert row == TableRow(
        {"radius": 10.5, "texture": 14.0, "stage": "early", "smoothness": 0.1}
    ), "neither class nor patient"


def test_a_bad_row_costs_itself_and_says_where(workplace: Workplace) -> None:
    data = CSV.replace("10.5,14,early", "wide,14,early").encode()
    results = several.add_many(workplace, [("t.csv", data)])
    assert [one.outcome for one in results] == ["error", "added", "added"]
    assert results[0].message.startswith("Line 2, column “radius”: the cell holds text where")
    assert "wide" not in results[0].message


def test_a_table_without_a_column_is_refused_as_a_whole(
    workplace: Workplace, info: BundleInfo
) -> None:
    data = CSV.replace("texture", "structure").encode()
    with pytest.raises(UnreadableTable, match="no column “texture”"):
        arriving.rows_of(workplace, data, name="t.csv", info=info)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("t.csv", b"a,b\n1,2\n", True),
        ("folder\\T.CSV", b"a,b\n1,2\n", True),
        ("anything", b"PAR1....PAR1", True),
        ("image.csv", png(1), False),
        ("t.txt", b"a,b\n1,2\n", False),
    ],
)
def test_a_table_is_known_by_its_bytes_else_by_its_name(
    name: str, data: bytes, expected: bool, tmp_path: Path
) -> None:
    assert arriving.is_table(data, name) is expected
    assert not arriving.is_table(tmp_path / "gone.csv", "gone.csv")


def test_who_a_row_is_of_is_told_to_the_key_alone(
    clinic: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    results = several.add_many(clinic, [("Secret^Person.csv", NAMED.encode())])
    assert [one.outcome for one in results] == ["added"] * 3
    cases = [review.open_case(clinic, str(one.case_id)).case for one in results]
    with clinic.store.read() as tx:
        patients = [tx.identities.patient_of(case.file_sha256) for case in cases]
        note = tx.identities.note_of(cases[0].file_sha256)
    assert patients[1] == patients[2] != patients[0], "two rows are of b"
    assert all(patient.startswith("P-") for patient in patients)
    assert clinic.pseudonyms is not None and note is not None
    assert clinic.pseudonyms.unseal(note) == {
        "PatientID": "Secret^Person",
        "file": "Secret^Person.csv",
    }
    kept = [clinic.blobs.read(case.file_sha256).decode() for case in cases]
    shown = [*kept, *(case.file_name for case in cases), *(str(one) for one in results)]
    assert not any("Secret" in text for text in [*shown, caplog.text])
    assert cases[0].file_name.startswith(patients[0]) and cases[0].file_name.endswith(", line 2")


def test_a_bad_row_of_a_patient_names_nobody(clinic: Workplace) -> None:
    data = NAMED.replace("10.5,14,early", "Secret^Person,14,early")
    results = several.add_many(clinic, [("Secret^Person.csv", data.encode())])
    assert results[0].outcome == "error"
    assert "Secret" not in f"{results[0].name} {results[0].message}"


def packed(*files: tuple[str, str | bytes]) -> bytes:
    """A ZIP file of these."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files:
            file.writestr(name, data)
    return out.getvalue()


def test_tables_in_a_zip_file_are_read_row_by_row_and_each_costs_itself_only(
    workplace: Workplace, pool: FakePool
) -> None:
    first = several.add_many(workplace, [("t.csv", CSV.encode())])
    data = packed(
        ("a/t.csv", CSV.replace("0.12", "Secret^Person").replace("30,20", "29,20")),
        ("b/t.csv", CSV),
        ("b/image.png", png(1)),
        ("b/lacking.csv", CSV.replace("texture", "structure")),
    )
    job = batches.start_upload(workplace, [("tables.zip", data)])
    queue.run_pending(workplace, pool)
    rows = batches.rows(workplace, job.job_id).rows
    assert [(row.path, row.state) for row in rows] == [
        ("a/t.csv, line 2", "duplicate"),
        ("a/t.csv, line 3", "error"),
        ("a/t.csv, line 4", "done"),
        ("b/image.png", "error"),
        ("b/lacking.csv", "error"),
        ("b/t.csv, line 2", "duplicate"),
        ("b/t.csv, line 3", "duplicate"),
        ("b/t.csv, line 4", "duplicate"),
    ]
    assert [row.case_id for row in rows[5:]] == [one.case_id for one in first]
    assert rows[1].message.startswith("Line 3, column “smoothness”: the cell holds text where")
    assert "reads rows of a table, and this is an image" in rows[3].message
    assert "no column “texture”" in rows[4].message
    assert "Secret" not in str(rows)
    assert batches.progress(workplace, job.job_id).title == "8 uploaded files"


def test_a_zip_file_of_more_rows_than_are_taken_keeps_the_tables_that_fit(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_files, "MOST_ROWS", 4)
    data = packed(("1.csv", CSV), ("2.csv", CSV), ("3.csv", "\n".join(CSV.splitlines()[:2])))
    job = batches.start_upload(workplace, [("tables.zip", data)])
    rows = batches.rows(workplace, job.job_id).rows
    assert [row.name for row in rows] == [
        *(f"1.csv, line {line}" for line in (2, 3, 4)),
        "2.csv",
        "3.csv, line 2",
    ]
    assert rows[3].message == (
        "With this table the ZIP file has more than 4 rows. Upload the table by itself."
    )


def test_a_table_in_a_zip_file_for_a_model_of_images_says_so(workplace: Workplace) -> None:
    images = workplace.models.find("nih-pneumonia")
    assert images is not None
    data = packed(("t.csv", CSV), ("a.png", png(1)))
    job = batches.start_upload(workplace, [("both.zip", data)], model=images.digest)
    image, table = batches.rows(workplace, job.job_id).rows
    assert (image.state, table.state) == ("waiting", "error")
    assert "reads images, and this is a table. Upload images, or choose" in table.message


def test_a_zip_file_of_patients_tables_names_nobody(clinic: Workplace, pool: FakePool) -> None:
    data = packed(
        ("Secret^Folder/Secret^Person.csv", NAMED.replace("0.12", "Secret^Cell")),
        ("Secret^Folder/Secret^Other.csv", "a,b\n1,2\n"),
    )
    job = batches.start_upload(clinic, [("Secret^Person.zip", data)])
    queue.run_pending(clinic, pool)
    rows = batches.rows(clinic, job.job_id).rows
    assert sorted(row.state for row in rows) == ["done", "done", "error", "error"]
    assert "Secret" not in f"{rows} {batches.progress(clinic, job.job_id)}"
