import json

import pytest
from jsonschema import ValidationError, validate

from dprotonet.export.monai_bundle.configs import inference, metadata
from tests.dprotonet.gated_bundle import make_gated_bundle
from tests.paths import ROOT

SCHEMA = ROOT / "tests" / "data" / "monai" / "metadata.schema.json"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_gated_bundle(tmp_path_factory.mktemp("configs") / "b")


def test_metadata_has_what_the_specification_asks_for(bundle):
    about = metadata(bundle)
    schema = json.loads(SCHEMA.read_text())
    validate(about, schema)
    for key in schema["required"]:
        with pytest.raises(ValidationError):
            validate({k: v for k, v in about.items() if k != key}, schema)


def test_monais_own_check_passes_without_a_download(bundle, tmp_path):
    from monai.bundle import verify_metadata

    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(metadata(bundle)))
    schema = tmp_path / "schema.json"
    schema.write_text(SCHEMA.read_text())  # where it would be downloaded to
    verify_metadata(meta_file=str(path), filepath=str(schema))


def test_inference_names_our_reading_and_the_bundles_decision(bundle):
    config = inference(bundle)
    assert config["preprocessing"]["_target_"].endswith("transforms.ReadImaged")
    assert config["preprocessing"]["size"] == bundle.image_size
    decided = config["postprocessing"]["transforms"][0]
    assert decided["classes"] == list(bundle.classes)
    assert decided["support"]["threshold"] == bundle.support_limits.threshold
    json.dumps(config, allow_nan=False)
