"""What a concept network is built from: one frozen dataclass, kept inside its bundle.

No torch here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from dprotonet.modeling.options import (
    PARTS,
    STRIDE,
    STRIDES,
    check_classes,
    check_image_size,
    options_of,
)
from dprotonet.modeling.reasons.options import ReasonKind

ActivationMode = Literal["mean", "max", "positive_mean", "max_pool"]
MODES: tuple[ActivationMode, ...] = get_args(ActivationMode)
DEFAULT_MODE: ActivationMode = "max_pool"
LONGEST_NAME = 64
_NAME = re.compile(r'[^/\\:*?"<>|\x00-\x1f\x7f]{1,64}')  # files and rows are named by it

# What is hashed apart, by the first word of a state key of a finished network.
_PART_OF_MODULE = {
    "backbone": "backbone",
    "reduction": "masks",
    "axes": "prototypes",
    "level": "prototypes",
    "others": "head",
    "head": "head",
    "log_scale": "head",
}


@dataclass(frozen=True)
class ConceptOptions:
    """The choices that make one concept network.

    Attributes:
        classes: names, in the order of the logits.
        concepts: names; the first axes, in this order.
        backbone: a name out of ``backbones.BACKBONES``.
        depth: axes, of which all after the concepts stand for nothing that has a name. A 1×1
            convolution brings the backbone's channels to them: inferred, since whitening the 1,280
            of some backbones takes seconds a batch. None: the backbone's channels, as published.
        activation: how one number comes out of an axis' map: see
            :mod:`dprotonet.modeling.concepts.activation`.
        image_size: side of the square network input, in pixels; a multiple of 32, at most 512.
        stride: pixels of a cell of the backbone's last grid: 32, or 16 without its last halving.
        seed: of the random weights.
        multi_label: an image has any number of the classes: each logit has a sigmoid of its own.
        concept_classes: of a finished network: for each concept the index of the class whose logit
            its axis raises most.
    """

    classes: tuple[str, ...]
    concepts: tuple[str, ...]
    backbone: str = "resnet18"
    depth: int | None = 128
    activation: ActivationMode = DEFAULT_MODE
    image_size: int = 224
    stride: int = STRIDE
    seed: int = 0
    multi_label: bool = False
    concept_classes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        object.__setattr__(self, "concepts", tuple(self.concepts))
        check_classes(self.classes, multi_label=self.multi_label)
        self._check_concepts()
        if self.activation not in MODES:
            raise ValueError(f"activation must be one of {MODES}, not {self.activation!r}.")
        if self.stride not in STRIDES:
            raise ValueError(f"stride must be one of {STRIDES}, not {self.stride!r}.")
        check_image_size(self.image_size)

    def _check_concepts(self) -> None:
        if not self.concepts or not all(isinstance(c, str) and c for c in self.concepts):
            raise ValueError("A concept network needs at least one concept, each with a name.")
        if len(set(self.concepts)) != len(self.concepts):
            raise ValueError("Two concepts have the same name.")
        for name in self.concepts:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} cannot name an axis. Give at most {LONGEST_NAME} characters, none "
                    'of them / \\ : * ? " < > |.'
                )
        if set(self.concepts) & set(self._others):
            raise ValueError("A concept has the name of what is no concept. Give it another.")
        if self.concept_classes is not None:
            object.__setattr__(self, "concept_classes", tuple(self.concept_classes))
            if len(self.concept_classes) != len(self.concepts) or not all(
                0 <= k < len(self.classes) for k in self.concept_classes
            ):
                raise ValueError("concept_classes must name a class for each concept.")
        if self.depth is not None and self.depth < len(self.concepts):
            raise ValueError(
                f"There are {len(self.concepts)} concepts and {self.depth} axes. Each concept "
                "needs an axis of its own: give a greater depth."
            )

    @property
    def _others(self) -> tuple[str, ...]:
        return tuple(f"other ({name})" for name in self.classes)

    @property
    def prototype_ids(self) -> tuple[str, ...]:
        """The P = k + K reasons of a finished network: the concepts, then for each class what is
        none of them."""
        return (*self.concepts, *self._others)

    @property
    def prototype_classes(self) -> tuple[int, ...]:
        """Index of the class that each of the P reasons raises most.

        Raises:
            ValueError: the network is not finished.
        """
        if self.concept_classes is None:
            raise ValueError("What the axes speak for is known of a finished network alone.")
        return (*self.concept_classes, *range(len(self.classes)))

    @property
    def prototype_kinds(self) -> tuple[ReasonKind, ...]:
        """What each of the P reasons is."""
        concepts: list[ReasonKind] = ["concept"] * len(self.concepts)
        others: list[ReasonKind] = ["other"] * len(self.classes)
        return (*concepts, *others)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is hashed apart."""
        return PARTS

    def part_of(self, key: str) -> str:
        """The part that the tensor of this state key of a finished network belongs to.

        Raises:
            ValueError: it has no such tensor.
        """
        part = _PART_OF_MODULE.get(key.partition(".")[0])
        if part is None:
            raise ValueError(f"it holds the unknown tensor {key!r}")
        return part

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ConceptOptions:
        """The options that :meth:`to_json` wrote.

        Raises:
            ValueError: an unknown option, or a value that cannot be.
        """
        return options_of(cls, data, network="a concept network")
