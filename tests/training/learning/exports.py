"""Exports of annotations as the application writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from training.learning.judgements import SCHEMAS


def export(
    file: Path,
    model: str,
    judged: Mapping[str, Mapping[str, str]],
    *,
    schema: str = SCHEMAS[0],
    **facts: object,
) -> Path:
    """One annotation for each image.

    Args:
        model: digest.
        judged: hash of an image's file to (prototype to usefulness).
        schema: of the file.
        facts: of every annotation, over what stands here.
    """
    annotations = [
        {
            "case": f"case-{number}",
            "file_sha256": digest,
            "pixel_sha256": "0" * 64,
            "frame": 0,
            "is_latest": True,
            "model_sha256": model,
            "prototype_judgements": {
                name: {"similar": None, "usefulness": word, "artefact": None}
                for name, word in words.items()
            },
            **facts,
        }
        for number, (digest, words) in enumerate(judged.items())
    ]
    document = {"schema": schema, "annotations": annotations}
    file.write_text(json.dumps(document), encoding="utf-8")
    return file
