import json

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.manifest import MANIFEST
from dprotonet.bundle.names import is_safe, safe_name
from dprotonet.errors import ReadableError, UnusableBundle
from dprotonet.modeling.digests import json_digest
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from training.recipe import load_recipe

GOOD = ["nih-pneumonia", "a", "v1.2_b", "7", "x" * 64, "_x", "console", "com10"]
BAD = [
    "", " ", "two words", "../up", "a/b", "a\\b", "c:", ".hidden", "-flag", "x" * 65, "Röntgen",
    "<b>x</b>", "[x](http://y)", "a\n", "nul", "CON", "com1.bin", "lpt9", "end.", "a\x00b", "日本",
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_safe_name_stays(name):
    assert is_safe(name) and safe_name(name) == name
    assert load_recipe("folder", [f"name={name}"]).name == name


@pytest.mark.parametrize("name", BAD)
def test_any_other_name_is_refused_in_words_before_training(name):
    assert not is_safe(name)
    assert is_safe(safe_name(name))
    if name == name.strip():  # a recipe takes spaces off the ends
        with pytest.raises(ReadableError, match=r"letters a to z.* would do\.$"):
            load_recipe("folder", [f"name={name}"])


def test_a_bundle_is_not_written_or_renamed_under_another_name(tmp_path):
    with pytest.raises(UnusableBundle, match="letters a to z"):
        make_tiny_bundle(tmp_path / "m", name="two words")
    assert not (tmp_path / "m").exists()
    bundle = make_tiny_bundle(tmp_path / "m", name="good")
    with pytest.raises(UnusableBundle, match="letters a to z"):
        bundle.amend(name="../up")
    assert Bundle.load(tmp_path / "m", with_model=False).name == "good"


def test_a_bundle_of_an_older_version_opens_under_a_name_that_is_safe(tmp_path):
    make_tiny_bundle(tmp_path / "m", name="good")
    file = tmp_path / "m" / MANIFEST
    data = json.loads(file.read_text())
    data["name"] = "../my <b>images</b>"
    data.pop("digest")
    file.write_text(json.dumps(data | {"digest": json_digest(data)}))
    bundle = Bundle.load(tmp_path / "m", with_model=False)
    assert bundle.name == "my-b-images-b"
    assert bundle.amend(temperature=2.0).temperature == 2.0
