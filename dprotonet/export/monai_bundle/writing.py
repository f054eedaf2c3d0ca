"""Writing a MONAI bundle, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.manifest import write_json
from dprotonet.bundle.staging import beside
from dprotonet.errors import WrongRequest
from dprotonet.export.metadata import RESEARCH_USE
from dprotonet.export.monai_bundle.configs import inference, metadata
from dprotonet.export.parity import Parity
from dprotonet.export.torch_formats import write_torchscript
from dprotonet.inference.predictor import Predictor


def write_monai_bundle(predictor: Predictor, folder: Path) -> Parity:
    """Write a folder that ``monai.bundle run`` runs where this library is installed.

    Args:
        predictor: of the bundle, on the CPU.
        folder: not there yet.

    Raises:
        WrongRequest: the folder is there.
        ExportDiffers: its network gives other numbers than the predictor.
    """
    if folder.exists():
        raise WrongRequest(f"{folder} already exists. Give another folder with --out.")
    staged = beside(folder)
    try:
        parity = write_torchscript(predictor, staged / "models" / "model.ts")
        for name, contents in (("metadata", metadata), ("inference", inference)):
            path = staged / "configs" / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, contents(predictor.bundle))
        readme = staged / "docs" / "README.md"
        readme.parent.mkdir()
        readme.write_text(readme_text(predictor.bundle), encoding="utf-8")
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return parity


def readme_text(bundle: Bundle) -> str:
    """docs/README.md: what the model is for, how it is run, and its limits."""
    card = bundle.card
    limits = "\n".join(f"- {limit}" for limit in card.limits) or "- None stated."
    return f"""\
# {card.title}

**{RESEARCH_USE}**

{card.summary}

Intended use: {card.intended_use}

Classes: {", ".join(bundle.classes)}. {card.note_on_classes}

## Running it

    pip install dprotonet monai pytorch-ignite fire
    python -m monai.bundle run --config_file configs/inference.json \\
        --meta_file configs/metadata.json --bundle_root . --dataset_dir IMAGES

It reads every image below IMAGES (DICOM, PNG, JPEG, TIFF; each frame) with dprotonet's own reader,
and writes a line of JSON for each to eval/predictions.jsonl. Nothing is downloaded. Other readers
and intensity transforms give other logits: a DICOM's window, inversion and pixel aspect count.

`models/model.ts` takes `(N, 3, S, S)`, S = {bundle.image_size}, and gives a dictionary: `logits`,
calibrated `probabilities`{_further(bundle)}. How its input is made stands in metadata.json under
`dprotonet`.

## Limits

{limits}

Data: {card.data or "not stated"}

Licence: {card.licence or "not stated"}

Exported from the bundle {bundle.name}, digest {bundle.digest}.
"""


def _further(bundle: Bundle) -> str:
    text = ", `similarities` to its prototypes" if bundle.has_prototypes else ""
    if bundle.concepts:
        text = ", `similarities`: how far its concepts' axes are above the training images' means"
    limits = bundle.support_limits
    if limits is not None:
        text += (
            ", and `support_distance`: from "
            f"{limits.threshold:.2f} on the image is unlike those that the model was made for, and "
            "its probabilities are not to be shown"
        )
    return text
