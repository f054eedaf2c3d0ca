"""The arguments of the command line: requests, and one sentence for each that is not possible.

Only the standard library is imported here, so that ``--help`` answers at once.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dprotonet import __version__
from dprotonet.cli.parser import PROGRAM, Parser, path_of
from dprotonet.cli.recorded.arguments import ENDINGS, add_records, format_of, scheduler_of
from dprotonet.cli.travel_arguments import ExportRequest, ImportRequest, read_export, read_import
from dprotonet.errors import WrongRequest
from dprotonet.names import DEFAULT_ENGINE, DEFAULT_METHOD, DEFAULT_TIER, ENGINES, METHODS, TIERS

OVERVIEW = f"""\
usage: {PROGRAM} predict PATH… --model BUNDLE [--format json|csv | --out FILE]
       {PROGRAM} explain PATH… --model BUNDLE --out DIR [--node NODE]… [--records FILE]
       {PROGRAM} export BUNDLE --to onnx|torchscript|monai [--out PATH]
       {PROGRAM} import FILE --out BUNDLE --name NAME --classes NAME…
       {PROGRAM} --version

See why an image classifier says what it says.

  predict   what the model says of every image, and the prototypes that made it say so
  explain   where in the image it lies: one heatmap for each image and node
  export    the model in a form that other programs run, checked against the model
  import    a classifier of another program as a bundle, without prototypes

`{PROGRAM} predict --help` shows all options of predict, and so for the others.
Research use, not for diagnosis.
"""

ENDING = """\
exit status:
  0    every image was read (files that are no images are records with "skipped")
  1    at least one image could not be read, or not be explained; its record says why in "error"
  2    wrong usage: nothing was read; one sentence on standard error says what to change
  130  interrupted; 141 the reader of standard output went away

A PATH is an image (DICOM, PNG, JPEG, TIFF, BMP, WebP; the content decides, not the name) or a
folder, which is walked. Research use, not for diagnosis.
"""


@dataclass(frozen=True)
class Request:
    """The arguments that both commands have."""

    paths: tuple[Path, ...]
    model: Path
    device: str


@dataclass(frozen=True)
class PredictRequest(Request):
    """``predict``: one record for each frame, in this format, under a site's settings if given."""

    format: str
    site: Path | None = None
    engine: str = DEFAULT_ENGINE
    out: Path | None = None
    """The file of the records; None for standard output."""
    scheduler: str | None = None
    """Address of the dask scheduler whose workers do the work; None: this process does."""

    @property
    def file(self) -> Path | None:
        """The file of the records."""
        return self.out


@dataclass(frozen=True)
class ExplainRequest(Request):
    """``explain``: the nodes as they were typed, each once, and where the files go."""

    out: Path
    nodes: tuple[str, ...]
    seed: int
    method: str
    tier: str
    unsupported: bool = False
    measured: bool = False
    """Also maps that the model's mask reader draws as it predicts; all others always are."""
    overlays: bool = True
    """Write pictures too."""
    records: Path | None = None
    """The file of the records; None for standard output."""
    scheduler: str | None = None
    """Address of the dask scheduler whose workers do the work; None: this process does."""

    @property
    def file(self) -> Path | None:
        """The file of the records."""
        return self.records


@dataclass(frozen=True)
class HelpRequest:
    """A text to print: the usage or the version."""

    text: str


AnyRequest = PredictRequest | ExplainRequest | ExportRequest | ImportRequest


def parse(argv: Sequence[str]) -> AnyRequest | HelpRequest:
    """Read the arguments after the program's name.

    Raises:
        WrongRequest: they are not a possible request; its text is one sentence.
    """
    if argv and argv[0] in ("-h", "--help"):
        return HelpRequest(OVERVIEW)
    if argv and argv[0] == "--version":
        return HelpRequest(f"dprotonet {__version__}\n")
    if argv and argv[0] in ("export", "import"):
        read = read_export if argv[0] == "export" else read_import
        request = read(argv[1:])
        return HelpRequest(request) if isinstance(request, str) else request
    if not argv or argv[0] not in ("predict", "explain"):
        fact = f'There is no command "{argv[0]}"' if argv else "A command is missing"
        raise WrongRequest(
            f"{fact}: ask for predict, explain, export or import (`{PROGRAM} --help`)."
        )
    parser = _predict_parser() if argv[0] == "predict" else _explain_parser()
    options, images = _split(argv[1:])
    if "-h" in options or "--help" in options:
        return HelpRequest(parser.format_help())
    # Intermixed: `predict a.dcm --model BUNDLE b.dcm` means both images.
    values = parser.parse_intermixed_args(options)
    paths = (*values.paths, *map(path_of, images))
    if not paths:
        raise WrongRequest(f"Name at least one image or folder (`{parser.prog} --help`).")
    if argv[0] == "predict":
        return PredictRequest(
            paths,
            values.model,
            values.device,
            format_of(values.format, values.records),
            values.site,
            values.engine,
            values.records,
            scheduler_of(values, "--out"),
        )
    nodes = tuple(dict.fromkeys(node.strip() for node in values.node or ("class",)))
    return ExplainRequest(
        paths,
        values.model,
        values.device,
        values.out,
        nodes,
        values.seed,
        values.method,
        values.tier,
        values.unsupported,
        values.measure,
        values.overlay,
        values.records,
        scheduler_of(values, "--records"),
    )


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options, and the PATHs after ``--``, which argparse loses in intermixed order."""
    if "--" not in arguments:
        return list(arguments), []
    cut = list(arguments).index("--")
    return list(arguments[:cut]), list(arguments[cut + 1 :])


def _predict_parser() -> argparse.ArgumentParser:
    parser = _common_parser(
        "predict",
        "%(prog)s PATH… --model BUNDLE [--format json|csv | --out FILE]",
        "Write one record for each frame: the calibrated probabilities, the threshold, and the\n"
        "ten largest contributions of prototypes to the predicted class's logit.",
    )
    parser.add_argument(
        "--format",
        choices=tuple(ENDINGS),
        help="JSON Lines (default), Parquet (with --out), or CSV with path, frame, sha256, "
        "prediction, one column a class, supported, distance, reasons, error; the error of a file "
        "that is no image begins with 'skipped: '",
    )
    add_records(parser, "--out")
    parser.add_argument(
        "--site",
        type=path_of,
        metavar="FILE",
        help="calibration and threshold of your own site, as `python -m training accept` wrote "
        "them for this bundle; every record then names them",
    )
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default=DEFAULT_ENGINE,
        metavar="ENGINE",
        help="what runs the network: torch (default), or onnxruntime, which is faster on a CPU and "
        "takes seconds to begin: for many images; torch runs it where onnxruntime is not installed "
        "or gives other numbers",
    )
    return parser


def _explain_parser() -> argparse.ArgumentParser:
    parser = _common_parser(
        "explain",
        "%(prog)s PATH… --model BUNDLE --out DIR [--node NODE]…",
        "Write IMAGE.FRAME.NODE.heatmap.npy, .overlay.png and .json under DIR, which mirrors the\n"
        "folders given, and one JSON record for each explanation on standard output. Methods\n"
        "other than mdm write IMAGE.FRAME.NODE.METHOD.…, so that one DIR holds several.",
    )
    parser.add_argument("--out", required=True, type=path_of, metavar="DIR", help="made if absent")
    add_records(parser, "--records")
    parser.add_argument(
        "--node",
        action="append",
        metavar="NODE",
        help="class (the predicted one; the default), class:NAME, prototype:ID, vector:ID "
        "or concept:NAME; may be repeated",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of the masks (0); the same seed gives the same heatmap",
    )
    parser.add_argument(
        "--unsupported",
        action="store_true",
        help="explain the class that the network leans to also where the model makes no call, "
        "since the image is unlike what it was trained on; the record still names none",
    )
    parser.add_argument(
        "--no-overlay",
        dest="overlay",
        action="store_false",
        help="write no .overlay.png, which takes as long as the prediction",
    )
    _add_method_and_tier(parser)
    return parser


def _add_method_and_tier(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--method",
        choices=METHODS,
        default=DEFAULT_METHOD,
        metavar="METHOD",
        help="what draws the heatmap: mdm (the decoder, the default), mdm-published (as its "
        "authors had it), or a baseline to compare it with: "
        + ", ".join(tuple(METHODS)[2:-2])
        + "; centre and random see no model and are the controls. All are measured alike",
    )
    parser.add_argument(
        "--tier",
        choices=TIERS,
        default=DEFAULT_TIER,
        help="how long it may take: instant, draft, standard (default) or full; of other methods "
        "than mdm it says only how finely they are measured",
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure the faithfulness of the maps of --tier instant too, which the model's mask "
        "reader draws in the pass that predicts; other heatmaps always are",
    )


def _common_parser(command: str, usage: str, description: str) -> argparse.ArgumentParser:
    parser = Parser(
        prog=f"{PROGRAM} {command}",
        usage=usage,
        description=description,
        epilog=ENDING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", nargs="*", type=path_of, metavar="PATH", help="an image or a folder"
    )
    parser.add_argument(
        "--model", required=True, type=path_of, metavar="BUNDLE", help="the model's bundle folder"
    )
    parser.add_argument(
        "--device", default="cpu", help="cpu (default), cuda, cuda:1 or mps: where the model runs"
    )
    return parser
