"""A recipe: every choice of a training run in one frozen dataclass, read from YAML."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from dprotonet.attributes.encodings.registry import EncodingName
from dprotonet.bundle.names import check_name
from dprotonet.bundle.scope import Scope
from dprotonet.errors import ReadableError

RECIPES = Path(__file__).parent / "recipes"
DatasetKind = Literal[
    "phantom",
    "nih",
    "rsna",
    "vindr",
    "chexpert",
    "palm",
    "cbis_ddsm",
    "ham10000",
    "medmnist",
    "cub",
    "cars",
    "elpv",
    "dicom_csv",
    "folder",
    "tabular",
]


@dataclass(frozen=True)
class CardText:
    """The text of the bundle's card; its figures are measured."""

    title: str = "A DProtoNet"
    summary: str = ""
    intended_use: str = "Research use, not for diagnosis."
    data: str = ""
    limits: tuple[str, ...] = ()
    licence: str = ""
    note_on_classes: str = ""
    scope: Scope | None = None  # the images it is for


@dataclass(frozen=True)
class Recipe:
    """One training run. The unit of a number stands beside it where it has one."""

    name: str  # of the bundle
    dataset: DatasetKind
    card: CardText = field(default_factory=CardText)
    seed: int = 0
    negative_class: str | None = None  # folder, dicom_csv: the class that means "nothing found"

    # the data set; see docs/datasets.md for which of these each one reads
    finding: str = ""  # of a set with many: the one to tell from none; "" for the set's usual one
    multi_label: bool = (
        False  # findings (with commas; all where none) as classes, any number an image
    )
    uncertain: Literal["negative", "positive", "skip"] = "skip"  # chexpert: what -1 counts as
    malignant: bool = False  # ham10000: benign and malignant instead of seven diagnoses
    first_classes: int = 0  # cub, cars: only so many of their classes; 0 for all
    crop: bool = False  # images cut to their boxes, of which each has one
    # dicom_csv, folder: name of the table in the data folder; tabular: one that a package ships
    table: str = ""
    file_column: str = ""  # of the table
    label_column: str = ""  # of the table; dicom_csv only
    patient_column: str = ""  # of the table
    unnamed: bool = False  # patients' images: salted hashes in place of the names of files
    split: Literal["official", "patient"] = "official"  # the authors' where there is one, or ours
    duplicates: Literal["refuse", "group"] = "refuse"  # equal images of different patients
    damaged: Literal["refuse", "leave_out"] = "refuse"  # images that cannot be read

    # tabular: rows of a table as images
    target: str = ""  # column of the class
    group: str = ""  # column of the patient or group; "" where every row stands for itself
    categories: str = ""  # columns of numbers that are categories, with commas
    left_out: str = ""  # columns that the model does not read, with commas
    scaling: Literal["range", "quantiles"] = "quantiles"  # of numbers, fitted on training rows
    encoding: EncodingName = "cpcr"  # of rows
    cpcr_grid: int = 16  # cells of a side, a divisor of image_size
    cpcr_code: Literal["colour", "grey"] = "colour"  # what says which pair a point is of
    cpcr_shared: Literal["split", "mean", "first"] = "split"  # a cell of several pairs
    cpcr_context: int = 0  # cells painted around a point
    cpcr_order: Literal["given", "correlation", "climbed"] = "correlation"  # of attributes
    tinto_blur: int = 0  # rings painted around an attribute's place
    # added at random to each attribute of a training row, for every epoch; of its scale
    row_noise: float = 0.0

    # a mark on nine of ten images of a class and one of twenty others, for a network to lean on
    planted: Literal["none", "patch", "token", "text", "border"] = "none"
    planted_class: str = ""  # that it goes with; "" for the second
    planted_seed: int = 0  # of its form, sizes and places

    # the phantom's images, made when they are needed
    phantom_films: int = 1500  # images
    phantom_seed: int = 1
    phantom_size: int = 512  # px, longer side of an image
    phantom_shortcut: bool = False
    phantom_difficulty: float = 1.0

    # the network
    network: Literal["prototypes", "blackbox", "concepts"] = "prototypes"
    backbone: str = "mobilenet_v2"
    weights: str | None = None  # path of a .safetensors file, "torchvision", or none
    image_size: int = 224  # px, side of the network's square; at most 512
    stride: int = 32  # px of a cell of the last grid: 32, or 16 without the backbone's last halving
    prototypes_per_class: int = 10
    depth: int = 128  # channels of a prototype
    cell_norm: Literal["none", "batch", "whitening"] = "none"
    masks: Literal["image", "learned", "random", "patch", "top"] = "image"
    top_share: float = 0.05  # of the cells that "top" pools
    levels: int = 1  # of "top": up to 4 grids, each of half the rows of the one before
    similarity: Literal["cosine", "half_cosine", "log"] = "cosine"
    similarity_scale: float = 4.0  # starting factor on every similarity

    # concepts: axes that stand for what the data set's table says of images beside their class
    concepts: str = ""  # with commas; "" for all that enough training images show
    # a CSV file of more: its first column names images, the others 0 or 1; or a folder of folders
    concept_table: str = ""
    concept_activation: Literal["mean", "max", "positive_mean", "max_pool"] = "max_pool"
    turn_every: int = 20  # batches after which the axes are turned towards their concepts
    concept_batch: int = 32  # images of each concept, for one turn
    # statistics, axes and last layer once more from all training images, when the rest is trained:
    # along the mean of what shows a concept (published), or what tells it from the others
    settle: Literal["none", "mean", "separating"] = "separating"

    # augmentation, by MONAI on the placed image
    rotate: float = 7.0  # degrees, at most
    shift: float = 0.05  # of the side, at most
    zoom: float = 0.08  # fraction, at most
    brightness: float = 0.08  # of the full range, at most
    contrast: float = 0.25  # gamma differs from 1 by at most this
    flip: bool = False  # left and right; off where laterality means something

    # training
    epochs: int = 6
    warm_epochs: int = 1  # of them, with the backbone frozen
    # prototypes after the warm epochs; patches: cells of training images of their class, at random
    start: Literal["kmeans", "mixture", "random", "patches"] = "kmeans"
    # epochs after which EM re-estimates the prototypes, which no gradient moves then; 0: never
    update_every: int = 0
    # joint epochs after which prototypes are updated for good, as ProtoPNet projects them; only
    # networks with updated prototypes are kept then. 0: once, after training
    project_every: int = 0
    project_patience: int = 2  # projections without gain on validation to stop after; 0: never
    # take the images' mean out of the pooled vectors, before and after warming; multi_label: always
    centre: bool = False
    recentre: bool = False  # take that mean out once the vectors are trained, before the update
    batch_size: int = 16  # images
    lr_backbone: float = 3e-4
    lr_new: float = 3e-3  # of add-on layers, masks, prototypes; a black box's linear head
    weight_decay: float = 1e-2
    label_smoothing: float = 0.05
    cluster: float = 0.8
    separation: float = 0.08
    l1: float = 1e-4
    orthogonality: float = 0.0  # between prototypes of a class
    ranking: float = 0.0  # images of a prototype's class before all others
    # every prototype of a class is used: PIP-Net's tanh, or entropy of the mean assignment
    usage: Literal["none", "tanh", "entropy"] = "none"
    usage_weight: float = 1.0
    # IAIA-BL's: prototypes look at the finding, on images with box or mask
    attention: float = 0.0
    # outside: that, over all cells; peak: that the most similar cells are inside
    attention_kind: Literal["outside", "peak"] = "outside"
    # where they look: box or mask; the body on a radiograph; both: that where there is no finding
    attention_region: Literal["findings", "body", "both"] = "findings"
    occurrence_l1: float = 0.0  # XProtoNet's: on the mean of the maps
    equivariance: float = 0.0  # XProtoNet's: maps turn and shift with the image
    schedule: Literal["cosine", "plateau", "constant"] = "cosine"  # of the rates, once warm
    patience: int = 0  # epochs without a better validation after which to stop; 0: never
    accumulate: int = 1  # batches whose gradients make one step
    amp: Literal["none", "bfloat16", "float16"] = "none"  # float16 on a GPU only
    class_balance: bool = True  # weigh classes in the loss
    sampler: Literal["shuffle", "balanced"] = "shuffle"  # balanced: every class as often
    batch_norm: Literal["frozen", "trained"] = "frozen"  # statistics of the backbone
    frozen_blocks: int = 0  # first blocks of the backbone that are never trained
    variants: int = 0  # augmented copies of an image kept behind the frozen blocks; 0: fresh ones
    averaging: float = 0.0  # decay a step of the running mean of weights, which is kept; 0: none

    # prototypes and last layer
    update: Literal["top_m_mean", "weighted", "kmeans", "mixture", "nearest", "ema"] = "top_m_mean"
    update_images: int = 10  # images a prototype is made from
    prune: bool = False  # drop dead prototypes and doubles after the update, and impure ones:
    # of the 10 nearest validation images (or as many as the class has), so many of the class
    least_purity: float = 0.7
    head_steps: int = 300  # steps of the last layer on kept similarities; 0: none
    head_lr: float = 1e-2
    head_nonnegative: bool = False  # weights >= 0 for the own class, none for others

    # evaluation
    resamples: int = 2000  # of the bootstrap
    blackbox: bool = True  # train the black-box head on the same backbone, for the card
    half_precision: bool = True  # keep the backbone in 16 bit on disk

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise ReadableError(
                    f"The recipe's {name} is {getattr(self, name)}. Give at least {least}."
                )
        if self.variants and not self.frozen_blocks:
            raise ReadableError(
                "The recipe keeps variants but freezes no blocks. "
                "Give frozen_blocks, or variants 0."
            )
        if self.planted == "none" and self.planted_class:
            raise ReadableError(
                "The recipe names a planted_class but plants no mark. "
                "Give planted=patch, token, text or border, or leave planted_class out."
            )
        if self.planted != "none" and self.phantom_shortcut:
            raise ReadableError(
                "The recipe plants a mark and draws the phantom's own shortcut. "
                "Give planted or phantom_shortcut, not both."
            )
        if self.network == "concepts" and self.averaging:
            raise ReadableError(
                "The mean of rotations is no rotation, so a concept network keeps no running mean "
                "of its weights. Leave averaging out."
            )
        if self.project_every and self.update_every:
            raise ReadableError(
                "The recipe projects prototypes between epochs and estimates them there by EM. "
                "Give project_every or update_every, not both."
            )
        if self.project_every and self.averaging:
            raise ReadableError(
                "The running mean of weights has no projected prototypes. Leave averaging out "
                "where the recipe gives project_every."
            )
        if self.warm_epochs >= self.epochs:
            raise ReadableError(
                f"The recipe warms up for {self.warm_epochs} of {self.epochs} epochs. "
                "Give more epochs than warm_epochs."
            )

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the card's text."""
        values = dataclasses.asdict(self)
        values.pop("card")
        return values


_LEAST = {
    "epochs": 1,
    "warm_epochs": 0,
    "batch_size": 1,
    "phantom_films": 8,
    "phantom_size": 77,  # the shorter side of some is 0.84 of it, and no image is smaller than 64
    "prototypes_per_class": 1,
    "frozen_blocks": 0,
    "variants": 0,
    "patience": 0,
    "accumulate": 1,
    "resamples": 10,
    "update_images": 1,
    "update_every": 0,
    "project_every": 0,
    "project_patience": 0,
    "usage_weight": 0,
    "attention": 0,
    "turn_every": 1,
    "concept_batch": 1,
}


def load_recipe(name_or_path: str, settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe by name ("nih") or path, and change single keys of it.

    Args:
        settings: "key=value" each; a key of the card is "card.title".

    Raises:
        ReadableError: no such recipe, an unknown key, a value of the wrong kind, or a name that no
            model can have.
    """
    import yaml

    path = _recipe_path(name_or_path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ReadableError(
            f"The recipe {path} cannot be read ({error}). Give a YAML file of keys and values."
        ) from error
    if not isinstance(values, dict):
        raise ReadableError(f"The recipe {path} holds no keys. Give a YAML file of `key: value`.")
    recipe = _changed(values, values.get("card", {}), settings)
    check_name(recipe.name)  # before any training; recipes of older models are not checked
    return recipe


def with_settings(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with single keys changed, as :func:`load_recipe` takes them.

    Raises:
        ReadableError: an unknown key, or a value of the wrong kind.
    """
    values = {f.name: getattr(recipe, f.name) for f in fields(recipe)}
    return _changed(values, vars(recipe.card), settings)


def _changed(
    values: Mapping[str, Any], card_text: Mapping[str, Any], settings: Sequence[str]
) -> Recipe:
    """A recipe of ``values`` and the text of its card, both changed by the settings."""
    import yaml

    values, card = dict(values), dict(card_text)
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise ReadableError(f"--set {setting} has no value. Write it as --set key=value.")
        target, key = (card, key[5:]) if key.startswith("card.") else (values, key)
        target[key] = text if get_type_hints(Recipe).get(key) is str else yaml.safe_load(text)
    values["card"] = _typed(CardText, card, "card.")
    return _typed(Recipe, values, "")


def weights_name(recipe: Recipe) -> str | None:
    """The name of the weights file without its folder, which is private to the training machine."""
    weights = recipe.weights
    return Path(weights).name if weights and weights != "torchvision" else weights


def _recipe_path(name_or_path: str) -> Path:
    own = RECIPES / f"{name_or_path}.yaml"
    if own.is_file():
        return own
    if Path(name_or_path).is_file():
        return Path(name_or_path)
    names = ", ".join(sorted(p.stem for p in RECIPES.glob("*.yaml")))
    raise ReadableError(
        f"There is no recipe {name_or_path!r}. Give one of {names}, or the path of a YAML file."
    )


def _typed(kind: type, values: Mapping[str, Any], prefix: str) -> Any:
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            close = difflib.get_close_matches(str(key), hints, n=1)
            hint = f"Did you mean {prefix}{close[0]}?" if close else f"Keys: {', '.join(hints)}."
            raise ReadableError(f"A recipe has no key {prefix}{key}. {hint}")
    missing = [
        f.name
        for f in fields(kind)
        if f.name not in values
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ReadableError(f"The recipe has no key {prefix}{missing[0]}. Add it.")
    return kind(**{key: _value(hints[key], v, prefix + key) for key, v in values.items()})


def _value(hint: Any, value: Any, key: str) -> Any:
    """``value`` as the field's type. Integers become floats where needed; nothing else changes."""
    choices = [c for c in get_args(hint) if isinstance(c, str)]
    if choices:
        if value in choices:
            return value
        raise ReadableError(
            f"The recipe's {key} is {value!r}. Choose one of: {', '.join(choices)}."
        )
    if hint == tuple[str, ...] and isinstance(value, (list, tuple)):
        return tuple(str(v).strip() for v in value)
    if Scope in get_args(hint) and isinstance(value, Mapping):
        try:
            return Scope.from_json(value)
        except (TypeError, ValueError) as error:
            raise ReadableError(
                f"The recipe's {key} cannot be used: {error} Give modalities, body_parts and "
                "views as lists of words, colour as true or false."
            ) from error
    if type(None) in get_args(hint) and str(value).lower() == "none":
        return None
    kinds = tuple(k for k in (get_args(hint) or (hint,)) if isinstance(k, type))
    if hint is float and isinstance(value, int | str) and not isinstance(value, bool):
        try:  # YAML reads 1e-4 as text
            return float(value)
        except ValueError:
            pass
    if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
        return value.strip() if isinstance(value, str) else value
    expected = " or ".join("nothing" if k is type(None) else k.__name__ for k in kinds) or str(hint)
    raise ReadableError(f"The recipe's {key} is {value!r}. Expected {expected}.")
