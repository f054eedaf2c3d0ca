"""Stands for ``python -m training learn``: the same arguments and files, and no training.

What it does is said by the name of the data folder: ``data`` learns, ``wrong`` is refused with a
sentence, ``broken`` dies, ``endless`` never ends.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.bundle.manifest import write_manifest

FIGURES = {
    "validation_images": 16,
    "before": {"auroc": 0.8, "accuracy": 0.75, "log_loss": 0.5},
    "after": {"auroc": 0.85, "accuracy": 0.8125, "log_loss": 0.45},
    "calls_changed": 1,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=Path)
    for name in ("feedback", "images", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    print("epoch 1 of 4: forget 0.9", file=sys.stderr, flush=True)
    if given.data.name == "wrong":
        print("The data is another. Give the folder that it was trained on.", file=sys.stderr)
        return 2
    if given.data.name == "broken":
        raise MemoryError
    while given.data.name == "endless":
        time.sleep(0.1)
    document = json.loads(given.feedback.read_text())
    judged = [
        {"prototype": name, "image": record["file_sha256"][:16], "before": 0.9, "after": 0.2}
        for record in document["annotations"]
        for name, said in record["prototype_judgements"].items()
        if said["usefulness"] == "artefact" and (given.images / record["file_sha256"]).is_file()
    ]
    parent, made = Bundle.load(given.bundle, with_model=False), given.out / "bundle"
    shutil.copytree(given.bundle, made)
    change = Change("learned", parent.digest, "2026-03-01T12:00:00+00:00", figures=FIGURES)
    write_manifest(made, replace(parent.manifest, changes=(*parent.changes, change)))
    (given.out / "comparison.json").write_text(json.dumps({"forgotten": judged, "remembered": []}))
    print("epoch 4 of 4: forget 0.1", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
