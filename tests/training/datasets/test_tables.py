import pytest

from dprotonet.errors import ReadableError
from tests.training import replicas
from training.datasets import dicom_csv, folder
from training.datasets.tables import file_named, inner_path, read_rows

ROWS = "file,label,patient\na.png,ill,p1\n"


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode(),
        ROWS.encode("utf-8-sig"),
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("\n", "\r").encode(),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", "\t").encode("utf-16"),
        ("sep=;\r\n" + ROWS.replace(",", ";")).encode("utf-8-sig"),
        ROWS.replace(",", " , ").encode(),
        (b'"file";"label";"patient"\n"a.png";"ill";"p1"\n'),
    ],
)
def test_a_table_is_read_however_a_spreadsheet_wrote_it(tmp_path, data):
    (tmp_path / "t.csv").write_bytes(data)
    (row,) = read_rows(tmp_path / "t.csv", ("file", "label", "patient"), "a table")
    assert row == {"file": "a.png", "label": "ill", "patient": "p1"}


@pytest.mark.parametrize("data", ["f\xfcr".encode("latin-1"), b"file,label\n\x00\x00,", b""])
def test_what_is_no_table_is_a_sentence_without_its_content(tmp_path, data):
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(ReadableError, match=r"^t\.csv (is no|has no)") as caught:
        read_rows(tmp_path / "t.csv", ("file", "patient"), "a table")
    assert "codec" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "a/b/c.png",
        "a\\b\\c.png",
        ".\\a\\b\\c.png",
        "a\\b/c.png",
        "C:\\data\\set\\a\\b\\c.png",
        "d:a/b/c.png",
        "\\\\server\\share\\set\\a\\b\\c.png",
        "/mnt/set/a/b/c.png",
        "set/a/b/c.png",
    ],
)
def test_a_path_of_another_machine_names_its_file(tmp_path, text):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.png").write_bytes(b"x")
    assert file_named(tmp_path, text) == "a/b/c.png"


def test_a_path_that_leads_out_of_the_folder_or_nowhere_names_nothing(tmp_path):
    (tmp_path / "out.png").write_bytes(b"x")
    (tmp_path / "set").mkdir()
    for text in ("..\\out.png", "a\\..\\..\\out.png", "none.png", ""):
        assert file_named(tmp_path / "set", text) is None
    assert inner_path("C:\\x\\.\\y.png") == "x/y.png"


@pytest.mark.parametrize("start", ["", ".\\", "C:\\images\\set\\", "\\\\nas\\images\\set\\"])
def test_windows_paths_name_the_patients_of_a_folder(tmp_path, start):
    root = replicas.classes(tmp_path / "set", each=2)
    table = root / "patients.csv"
    head, *rows = table.read_text().splitlines()
    rows = [start + row.replace("/", "\\") for row in rows]
    table.write_text("\r\n".join([head, *rows]).replace(",", ";"), encoding="utf-8-sig")
    assert {s.patient_id for s in folder.load(root).samples} == {"alpha-0", "beta-0", "gamma-0"}


def test_windows_paths_name_the_files_of_a_table(tmp_path):
    root = replicas.classes(tmp_path / "set", each=1)
    rows = [f"E:\\set\\{name}\\00.png;{name};{name}-1" for name in ("alpha", "beta")]
    (root / "labels.csv").write_text("file;label;patient\r\n" + "\r\n".join(rows))
    samples = dicom_csv.load(root).samples
    assert [s.sample_id for s in samples] == ["alpha/00.png", "beta/00.png"]
    assert all(s.path.is_file() for s in samples)
