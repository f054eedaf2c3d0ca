"""What a DProtoNet is built from: one frozen dataclass, kept inside every bundle.

No torch here, so that a page can show a model's options without loading it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from inspect import signature
from typing import Any, Literal, TypeVar, get_args

from dprotonet.modeling.reasons.options import ReasonKind

MaskKind = Literal["image", "learned", "random", "patch", "top"]
Options = TypeVar("Options")
CellNorm = Literal["none", "batch", "whitening"]
SimilarityKind = Literal["cosine", "half_cosine", "log"]

AND = " + "  # between the classes that a multi-label model calls
NONE_CALLED = "none called"
PRECISIONS = ("auto", "float32", "bfloat16")  # of a frozen network; auto: what is fastest here

# Every backbone here halves its grid five times; a multiple of this keeps all grids equal.
STRIDE = 32
STRIDES = (32, 16)  # 16: without the last halving
LARGEST_IMAGE = 512  # px
LEVELS = (1, 2, 3, 4)

# What is trained, frozen and hashed apart, by the first word of a state key.
_PART_OF_MODULE = {
    "backbone": "backbone",
    "add_on": "masks",
    "cell_norm": "masks",
    "masks": "masks",
    "prototypes": "prototypes",
    "prototype_class": "prototypes",
    "head": "head",
    "log_scale": "head",
}
PARTS: tuple[str, ...] = ("backbone", "masks", "prototypes", "head")


def part_of(key: str) -> str:
    """The part that the tensor of this state key belongs to.

    Raises:
        ValueError: no network of ours has such a tensor.
    """
    part = _PART_OF_MODULE.get(key.partition(".")[0])
    if part is None:
        raise ValueError(f"it holds the unknown tensor {key!r}")
    return part


def options_of(kind: Callable[..., Options], data: Mapping[str, Any], *, network: str) -> Options:
    """The options of a network out of a JSON file.

    Args:
        kind: the dataclass that they are.
        data: of the file.
        network: what it is called in a sentence, such as "a model".

    Raises:
        ValueError: an unknown option, or a value that cannot be.
    """
    unknown = set(data) - set(signature(kind).parameters)
    if unknown:
        raise ValueError(f"Unknown options of {network}: {', '.join(sorted(unknown))}.")
    try:
        return kind(**data)
    except TypeError as error:
        raise ValueError(f"The options of {network} do not fit: {error}.") from error


def check_classes(classes: tuple[str, ...], *, multi_label: bool) -> None:
    """Refuse names that no classifier's classes can have.

    Raises:
        ValueError: there are fewer than two, one has no name, or two have the same.
    """
    if len(classes) < 2 or not all(isinstance(c, str) and c for c in classes):
        raise ValueError("A classifier needs at least two classes, each with a name.")
    if len(set(classes)) != len(classes):
        raise ValueError("Two classes have the same name.")
    if multi_label and any(AND in c or c == NONE_CALLED for c in classes):
        raise ValueError(
            f"Classes of a multi-label model cannot have {AND!r} in their names, nor be "
            f"{NONE_CALLED!r}."
        )


def check_image_size(side: int) -> None:
    """Refuse a side, in pixels, that no grid of ours has.

    Raises:
        ValueError: it is no multiple of :data:`STRIDE`, or too large.
    """
    if not STRIDE <= side <= LARGEST_IMAGE or side % STRIDE:
        raise ValueError(
            f"image_size must be a positive multiple of {STRIDE} up to {LARGEST_IMAGE}, not {side}."
        )


@dataclass(frozen=True)
class ModelOptions:
    """The choices that make one network.

    The paper's tables and code could not be read, so ``masks``, ``similarity``, the add-on layers
    and the similarity scale are inferred from its abstract and its relatives: they are options in
    order to be measured against each other.

    Attributes:
        classes: names, in the order of the logits.
        backbone: a name out of ``backbones.BACKBONES``.
        prototypes_per_class: one number for all classes, or one for each.
        depth: D, channels of the pooled vectors and prototypes.
        image_size: side of the square network input, in pixels; a multiple of 32, at most 512.
        masks: inferred. "image": a 1×1-conv head on the image's own features; "learned": one
            map for each prototype, the same for all images; "random": fixed random weights
            (FeaInfNet's form); "top": the cells that are most similar to the prototype, each by
            how much more than the first one left out. "patch" is ProtoPNet's, for comparison: the
            one cell that is nearest to the prototype.
        top_share: of the cells that "top" pools, in (0, 1].
        levels: of "top": 1 for the grid alone; more for the mean of what is found on it and on
            grids of half the rows and columns each (fine and coarse, as in HierProtoPNet).
        cell_norm: inferred. What is done to the add-on layers' cells before they are pooled: see
            :mod:`dprotonet.modeling.cell_norm`.
        stride: pixels of a cell of the backbone's last grid: 32, or 16 without its last halving.
        similarity: inferred. "cosine", in [-1, 1]; "half_cosine": (cosine + 1) / 2, XProtoNet's;
            or "log": log((d² + 1) / (d² + 1e-4)), ProtoPNet's.
        similarity_scale: inferred. Starting factor on every similarity in the logit (no unit);
            it is part of each contribution.
        learn_similarity_scale: whether training may change that factor.
        seed: of the random weights and of the "random" masks.
        multi_label: an image has any number of the classes, none included: each logit has a sigmoid
            of its own, instead of one softmax over all.
    """

    classes: tuple[str, ...]
    backbone: str = "mobilenet_v2"
    prototypes_per_class: int | tuple[int, ...] = 10
    depth: int = 128
    image_size: int = 224
    masks: MaskKind = "image"
    similarity: SimilarityKind = "cosine"
    similarity_scale: float = 1.0
    learn_similarity_scale: bool = True
    seed: int = 0
    multi_label: bool = False
    top_share: float = 0.05
    levels: int = 1
    cell_norm: CellNorm = "none"
    stride: int = STRIDE

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        if not isinstance(self.prototypes_per_class, int):
            object.__setattr__(self, "prototypes_per_class", tuple(self.prototypes_per_class))
        self._check_classes()
        if self.depth < 1:
            raise ValueError(f"depth must be at least 1, not {self.depth}.")
        check_image_size(self.image_size)
        for name, choices in (
            ("masks", get_args(MaskKind)),
            ("similarity", get_args(SimilarityKind)),
            ("cell_norm", get_args(CellNorm)),
            ("stride", STRIDES),
            ("levels", LEVELS),
        ):
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"{name} must be one of {choices}, not {value!r}.")
        if not (0.0 < self.top_share <= 1.0):
            raise ValueError(f"top_share must lie above 0 and up to 1, not {self.top_share}.")
        if not (math.isfinite(self.similarity_scale) and self.similarity_scale > 0):
            raise ValueError("similarity_scale must be a positive number.")

    def _check_classes(self) -> None:
        check_classes(self.classes, multi_label=self.multi_label)
        counts = self.prototype_counts
        if len(counts) != len(self.classes) or any(n < 1 for n in counts):
            raise ValueError(
                "prototypes_per_class must be one positive number, or one for each class."
            )

    @property
    def prototype_counts(self) -> tuple[int, ...]:
        """Number of prototypes of each class."""
        if isinstance(self.prototypes_per_class, int):
            return (self.prototypes_per_class,) * len(self.classes)
        return self.prototypes_per_class

    @property
    def prototype_classes(self) -> tuple[int, ...]:
        """Class index of each of the P prototypes; prototypes of one class stand together."""
        return tuple(k for k, n in enumerate(self.prototype_counts) for _ in range(n))

    @property
    def prototype_ids(self) -> tuple[str, ...]:
        """The P stable names "p00", "p01", …"""
        total = sum(self.prototype_counts)
        width = max(2, len(str(total - 1)))
        return tuple(f"p{index:0{width}d}" for index in range(total))

    @property
    def prototype_kinds(self) -> tuple[ReasonKind, ...]:
        """All are prototypes."""
        return tuple("prototype" for _ in self.prototype_ids)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is hashed apart."""
        return PARTS

    def part_of(self, key: str) -> str:
        """:func:`part_of` this state key."""
        return part_of(key)

    @property
    def by_direction(self) -> bool:
        """Whether a vector counts with its direction only."""
        return self.similarity != "log"

    @property
    def grid(self) -> int:
        """Rows and columns h = w of the backbone's output."""
        return self.image_size // self.stride

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        values = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }
        for key in _YOUNGER:  # written only where chosen, so that older folders keep their digest
            if values[key] == _DEFAULTS[key]:
                del values[key]
        return values

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelOptions:
        """The options that :meth:`to_json` wrote.

        Raises:
            ValueError: an unknown option, or a value that cannot be.
        """
        return options_of(cls, data, network="a model")


_YOUNGER = ("multi_label", "top_share", "levels", "cell_norm", "stride")
_DEFAULTS = {field.name: field.default for field in fields(ModelOptions)}
