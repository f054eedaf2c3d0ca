"""The arguments of ``export`` and ``import``. Only the standard library is imported here."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dprotonet.bundle.classifier.request import (
    IMAGENET_MEAN,
    IMAGENET_SD,
    OUTPUTS,
    ImportedFile,
)
from dprotonet.cli.parser import PROGRAM, Parser, path_of

FORMATS = {
    "onnx": "one file for ONNX runtimes",
    "torchscript": "a traced network (.ts), and beside it a program of torch.export (.pt2)",
    "monai": "a folder that `python -m monai.bundle run` runs",
}
"""What a bundle can be exported to, with a line on each."""

EXIT = """\
exit status: 0, or 2 where nothing was written; one sentence on standard error says why.
Research use, not for diagnosis.
"""


@dataclass(frozen=True)
class ExportRequest:
    """``export``: which bundle, into which form, and where to; None for a name of its own."""

    bundle: Path
    to: str
    out: Path | None


@dataclass(frozen=True)
class ImportRequest:
    """``import``: the file with what it does not say, and the bundle's folder."""

    file: ImportedFile
    out: Path


def read_export(arguments: Sequence[str]) -> ExportRequest | str:
    """The request, or the text of its help.

    Raises:
        WrongRequest: it is not a possible request.
    """
    parser = _parser(
        "export",
        "%(prog)s BUNDLE --to onnx|torchscript|monai [--out PATH]",
        "Write the model in a form that other programs run. Each file is compared with the model\n"
        "on some images before it is kept; how far they differ is printed.",
    )
    parser.add_argument("bundle", type=path_of, metavar="BUNDLE", help="the model's bundle folder")
    parser.add_argument(
        "--to",
        required=True,
        choices=FORMATS,
        help="; ".join(f"{name}: {line}" for name, line in FORMATS.items()),
    )
    parser.add_argument(
        "--out",
        type=path_of,
        metavar="PATH",
        help="the file, or monai's folder; without it a name made of the model's, in the current "
        "folder",
    )
    if _asks_for_help(arguments):
        return parser.format_help()
    values = parser.parse_args(arguments)
    return ExportRequest(values.bundle, values.to, values.out)


def read_import(arguments: Sequence[str]) -> ImportRequest | str:
    """The request, or the text of its help.

    Raises:
        WrongRequest: it is not a possible request.
    """
    parser = _parser(
        "import",
        "%(prog)s FILE --out BUNDLE --name NAME --classes NAME… [--architecture WHOSE:NAME]",
        "Keep a classifier that was made elsewhere as a bundle, which predict, explain and the\n"
        "application take. It has no prototypes. Nothing is unpickled: weights come as\n"
        "safetensors for a network of torchvision or MONAI, or all comes as an ONNX file.",
    )
    parser.add_argument("file", type=path_of, metavar="FILE", help="FILE.safetensors or FILE.onnx")
    _add_what_a_file_does_not_say(parser)
    if _asks_for_help(arguments):
        return parser.format_help()
    values = parser.parse_args(arguments)
    file = ImportedFile(
        file=values.file,
        architecture=values.architecture,
        name=values.name,
        classes=tuple(values.classes),
        output=values.output,
        size=values.size,
        mean=tuple(values.mean),
        sd=tuple(values.sd),
        grey=values.grey,
        negative=values.negative,
        threshold=values.threshold,
        temperature=values.temperature,
        title=values.title,
        licence=values.licence,
    )
    return ImportRequest(file, values.out)


def _add_what_a_file_does_not_say(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, type=path_of, metavar="BUNDLE", help="its folder")
    parser.add_argument("--name", required=True, help="of the model: letters, digits, . _ -")
    parser.add_argument(
        "--classes", required=True, nargs="+", metavar="NAME", help="in the network's order"
    )
    parser.add_argument(
        "--architecture",
        default="",
        metavar="WHOSE:NAME",
        help="of a safetensors file: torchvision:resnet18, monai:DenseNet121, …",
    )
    parser.add_argument(
        "--output",
        choices=OUTPUTS,
        default="softmax",
        help="what the network's numbers are: "
        + "; ".join(f"{name}: {line}" for name, line in OUTPUTS.items()),
    )
    parser.add_argument(
        "--size", type=int, metavar="PIXELS", help="of its square image (224, or what ONNX says)"
    )
    parser.add_argument(
        "--mean",
        nargs="+",
        type=float,
        default=IMAGENET_MEAN,
        metavar="M",
        help="taken off the image, which is 0 to 1: one number, or three (ImageNet's)",
    )
    parser.add_argument(
        "--sd", nargs="+", type=float, default=IMAGENET_SD, metavar="S", help="it is divided by"
    )
    parser.add_argument(
        "--grey", action="store_true", help="the network takes one channel, not three"
    )
    parser.add_argument("--negative", metavar="NAME", help='the class that means "nothing found"')
    parser.add_argument(
        "--threshold", type=float, metavar="P", help="on 1 - p(negative), or of every class"
    )
    parser.add_argument(
        "--temperature", type=float, default=1.0, metavar="T", help="divides the logits (1)"
    )
    parser.add_argument("--title", default="", help="of the model's card")
    parser.add_argument("--licence", default="", help="of the weights, for the card")


def _parser(command: str, usage: str, description: str) -> Parser:
    return Parser(
        prog=f"{PROGRAM} {command}",
        usage=usage,
        description=description,
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return "-h" in arguments or "--help" in arguments
