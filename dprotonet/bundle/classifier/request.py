"""What somebody says of a classifier that is imported. No torch here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dprotonet.bundle.names import check_name
from dprotonet.errors import WrongRequest

Output = Literal["softmax", "sigmoid", "single"]
OUTPUTS: dict[Output, str] = {
    "softmax": "one number a class, of which one class is called",
    "sigmoid": "one number a class, each called by itself: multi-label",
    "single": "one number for two classes, the log-odds of the second",
}
"""What the numbers of a network are, with a line on each; the default comes first."""

SAFETENSORS, ONNX = ".safetensors", ".onnx"
_PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".tar")
# Of ImageNet's training images, as torchvision's own weights want them.
IMAGENET_MEAN, IMAGENET_SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class ImportedFile:
    """A file of weights, and all that it does not say of itself.

    Attributes:
        file: ending in .safetensors or .onnx.
        architecture: "torchvision:NAME" or "monai:NAME" of a safetensors file; empty for ONNX.
        name: of the bundle, as :mod:`dprotonet.bundle.names` allows.
        classes: in the order of the network's numbers.
        output: what these numbers are.
        size: side of the network's image in pixels; None for what the ONNX file says, else 224.
        mean: of the channels, in [0, 1]: three numbers, or one for all.
        sd: their standard deviations.
        grey: whether a named network takes one channel; an ONNX file says so itself.
        negative: the class that means "nothing found", or None.
        threshold: on 1 - p(negative), or of each class where each is called by itself; None for
            none, and 0.5 of each class.
        temperature: divides the logits.
        title: of the card; empty for one that says what was imported.
        licence: of the weights, as the card will have it.
    """

    file: Path
    architecture: str
    name: str
    classes: tuple[str, ...]
    output: Output = "softmax"
    size: int | None = None
    mean: tuple[float, ...] = IMAGENET_MEAN
    sd: tuple[float, ...] = IMAGENET_SD
    grey: bool = False
    negative: str | None = None
    threshold: float | None = None
    temperature: float = 1.0
    title: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)
        self._check_file()
        if self.output not in OUTPUTS:
            raise WrongRequest(f"There is no output “{self.output}”. Choose {', '.join(OUTPUTS)}.")
        for words, numbers in (("mean", self.mean), ("standard deviation", self.sd)):
            if len(numbers) not in (1, 3):
                raise WrongRequest(f"Give one {words} for all channels, or three.")
        self._check_decision()

    def _check_decision(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise WrongRequest(f"A temperature is a positive number, not {self.temperature}.")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise WrongRequest(f"A threshold lies between 0 and 1, not at {self.threshold}.")
        if self.threshold is not None and self.negative is None and self.output != "sigmoid":
            raise WrongRequest("A threshold is on the negative class: name that with --negative.")
        if self.negative is not None and self.negative not in self.classes:
            raise WrongRequest(
                f"The negative class “{self.negative}” is none of {', '.join(self.classes)}."
            )
        if self.negative is not None and self.output == "sigmoid":
            raise WrongRequest(
                "Where each class is called by itself, none of them means “nothing found”: leave "
                "out --negative."
            )

    def _check_file(self) -> None:
        ending = self.file.suffix.lower()
        if ending in _PICKLES:
            raise WrongRequest(
                f"{self.file.name} is a pickle, which can run programs as it is opened, and is not "
                "opened here. Save the weights as a .safetensors file, or the network as .onnx."
            )
        if ending not in (SAFETENSORS, ONNX):
            raise WrongRequest(f"{self.file.name} is neither a .safetensors nor an .onnx file.")
        if (ending == ONNX) == bool(self.architecture):
            raise WrongRequest(
                "An ONNX file describes its own network: leave out --architecture."
                if self.architecture
                else "A safetensors file holds weights alone: name their network with "
                "--architecture, such as torchvision:resnet18 or monai:DenseNet121."
            )
        if self.architecture and self.source not in ("torchvision", "monai"):
            raise WrongRequest(
                f"“{self.architecture}” names no network: write torchvision:NAME or monai:NAME."
            )

    @property
    def is_onnx(self) -> bool:
        """Whether the file describes its own network."""
        return self.file.suffix.lower() == ONNX

    @property
    def source(self) -> str:
        """Whose network it is."""
        return "onnx" if not self.architecture else self.architecture.partition(":")[0]
