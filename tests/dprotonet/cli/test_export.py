import io
import json

import pytest

from dprotonet.cli.export import export
from dprotonet.cli.travel_arguments import ExportRequest
from dprotonet.errors import UnusableBundle, WrongRequest
from tests.dprotonet.imported_bundle import make_imported_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_imported_bundle(tmp_path_factory.mktemp("exported"))


def records(request):
    stream = io.StringIO()
    assert export(request, stream) == 0
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_torchscript_has_a_program_beside_it_and_each_says_how_far_it_differs(bundle, tmp_path):
    found = records(ExportRequest(bundle.path, "torchscript", tmp_path / "m.ts"))
    assert [one["format"] for one in found] == ["torchscript", "torch.export"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.pt2", "m.ts"]
    assert all(one["bundle"] == bundle.digest for one in found)
    assert all(one["parity"]["largest_differences"]["logits"] < 1e-3 for one in found)


def test_without_a_path_the_name_is_made_of_the_models(bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (record,) = records(ExportRequest(bundle.path, "monai", None))
    assert record["path"] == f"imported-{bundle.short}"
    assert (tmp_path / record["path"] / "models" / "model.ts").is_file()


def test_a_folder_is_no_file(bundle, tmp_path):
    with pytest.raises(WrongRequest, match="is a folder"):
        records(ExportRequest(bundle.path, "onnx", tmp_path))


def test_a_folder_without_a_bundle_is_refused(tmp_path):
    with pytest.raises(UnusableBundle, match="holds no model"):
        records(ExportRequest(tmp_path, "onnx", None))
