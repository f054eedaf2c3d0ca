import pytest

from dprotonet.bundle.digests import file_digest
from tests.dprotonet.bundle.folders import refused, rewrite


def test_an_altered_manifest_is_refused(folder):
    path = folder / "bundle.json"
    path.write_text(path.read_text().replace('"threshold": 0.5', '"threshold": 0.9'))
    refused(folder, r"bundle\.json of the model .* was altered")


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "gallery/../../secret.png", "gallery\\x.png", ".x"]
)
def test_a_manifest_cannot_name_a_file_outside_its_folder(folder, name):
    (folder.parent / "secret.png").write_bytes(b"secret")
    rewrite(folder, lambda data: data["files"].update({name: file_digest(folder / "bundle.json")}))
    refused(folder, "cannot be the name of a bundle's file")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(format=6), "format 6"),
        (lambda d: d.pop("card"), "cannot be used"),
        (lambda d: d.update(temperature=0), "temperature"),
        (lambda d: d.update(threshold=2), "threshold"),
        (lambda d: d.update(negative_class="nothing"), "negative class"),
        (lambda d: d.update(name=7), "name"),
        (lambda d: d.update(surprise=1), "surprise"),
        (lambda d: d.update(files=[]), "hash"),
        (lambda d: d["options"].update(masks="sparse"), "masks"),
        (lambda d: d["parts"].update(head="short"), "hash of head"),
        (lambda d: d.update(classes=["x", "y"]), "classes"),
        (lambda d: d["files"].pop("prototypes.json"), r"does not list prototypes\.json"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused_in_a_sentence(folder, change, says):
    rewrite(folder, change)
    refused(folder, says)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"format": 1}', '{"format": 1, "x": NaN}']
)
def test_a_manifest_that_is_no_object_is_refused(folder, text):
    (folder / "bundle.json").write_text(text)
    refused(folder, r"bundle\.json|format")


def test_a_folder_without_a_model_is_refused(tmp_path):
    refused(tmp_path, r"holds no model: it has no bundle\.json")
    refused(tmp_path / "nowhere", "holds no model")
