"""``export``: a bundle in a form that other programs run."""

import logging
from pathlib import Path
from typing import Any, TextIO

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.model import load_predictor
from dprotonet.cli.records import JsonLines
from dprotonet.cli.travel_arguments import ExportRequest
from dprotonet.errors import WrongRequest

log = logging.getLogger(__name__)

_ENDINGS = {"onnx": ".onnx", "torchscript": ".ts", "monai": ""}


def export(request: ExportRequest, stdout: TextIO) -> int:
    """Write what was asked for, and a record for each file, and return the exit status.

    Raises:
        ReadableError: nothing was written, or not all of it; the sentence says why.
    """
    bundle = Bundle.load(request.bundle, with_model=False)
    out = request.out or Path(f"{bundle.name}-{bundle.short}{_ENDINGS[request.to]}")
    if request.to != "monai" and out.is_dir():
        raise WrongRequest(f"{out} is a folder. Give the name of a file with --out.")
    predictor = load_predictor(bundle, "cpu", gate=False)
    writer = JsonLines(stdout)

    def report(kind: str, path: Path, parity: dict[str, Any]) -> None:
        largest = max(parity["largest_differences"].values())
        log.info(
            "%s: %s, equal to the model within %.1e on %d images",
            kind, path, largest, parity["images"],
        )  # fmt: skip
        writer.record(
            {"format": kind, "path": str(path), "bundle": bundle.digest, "parity": parity}
        )

    try:
        if request.to == "onnx":
            from dprotonet.export.onnx_format import write_onnx

            report("onnx", out, write_onnx(predictor, out).to_json())
        elif request.to == "torchscript":
            from dprotonet.export.torch_formats import write_program, write_torchscript

            report("torchscript", out, write_torchscript(predictor, out).to_json())
            beside = out.with_suffix(".pt2")
            report("torch.export", beside, write_program(predictor, beside).to_json())
        else:
            from dprotonet.export.monai_bundle.writing import write_monai_bundle

            report("monai", out, write_monai_bundle(predictor, out).to_json())
    except OSError as error:
        raise WrongRequest(
            f"{out} cannot be written ({error.strerror}): name another place with --out."
        ) from error
    return 0
