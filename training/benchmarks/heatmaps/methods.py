"""The methods that are compared, each with its settings: ``gradcam``, ``mdm:tier=draft``."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from dprotonet.errors import ReadableError
from dprotonet.explain.baselines.published_mdm import PUBLISHED
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.reader.reading import own_reader
from dprotonet.explain.settings import TIERS, MDMSettings
from dprotonet.names import DEFAULT_TIER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from dprotonet.explain.explanation import Explanation
    from dprotonet.explain.nodes import Node
    from dprotonet.inference.predictor import Predictor

# What every method reads of its settings; the decoder alone reads the others.
_FOR_ALL = ("fills", "fill_sigma", "class_scale", "precision", "batch")
_FOR_PUBLISHED = ("precision", "batch")
# Beside mdm, whose search draws and whose mask reader does not.
_DRAWING = frozenset({"mdm-published", "rise", "rise-1000", "random"})
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}


@dataclass(frozen=True)
class ConfiguredMethod:
    """One method under one choice of settings.

    Attributes:
        name: as it was asked for, by which rows and tables name it.
        method: a name out of ``dprotonet.names.METHODS``.
        settings: all of them, those at their default too.
    """

    name: str
    method: str
    settings: MDMSettings

    def explain(
        self,
        predictor: Predictor,
        x: Tensor,
        valid_mask: Tensor,
        nodes: Sequence[Node],
        *,
        seed: int,
    ) -> list[Explanation]:
        """Nodes of one image in one call.

        Args:
            x: ``(3, S, S)`` normalised.
            valid_mask: ``(S, S)`` bool, False in the padding.
            seed: of the masks.
        """
        return METHODS[self.method](
            predictor.model,
            x.to(predictor.device),
            nodes,
            settings=self.settings,
            temperature=predictor.bundle.temperature,
            valid_mask=valid_mask,
            seed=seed,
        )

    def heatmap(
        self,
        predictor: Predictor,
        x: Tensor,
        valid_mask: Tensor,
        node: Node,
        *,
        seed: int,
        draw: int = 0,
    ) -> NDArray[np.float32]:
        """One node's heatmap ``(S, S)`` without measuring it, the same as :meth:`explain` gives.

        Args:
            x: ``(3, S, S)`` normalised.
            valid_mask: ``(S, S)`` bool, False in the padding.
            seed: of the masks.
            draw: another number draws everything else that is random; 0 is that of ``explain``.
        """
        options = {"draw": draw} if self.method == "mdm" else {}
        method = METHODS[self.method].make(
            predictor.model,
            self.settings,
            temperature=predictor.bundle.temperature,
            **options,
        )
        heatmap = method.attribute(
            x.to(predictor.device), node, valid_mask=valid_mask, seed=seed + draw
        )
        result: NDArray[np.float32] = heatmap[0].float().cpu().numpy()
        return result

    def draws_at_random(self, model: nn.Module) -> bool:
        """Whether its heatmap of a class depends on anything that is drawn."""
        if self.method != "mdm":
            return self.method in _DRAWING or self.settings.fill in ("noise", "tiles")
        is_read = (
            own_reader(model) is not None and self.settings.steps <= self.settings.reader_up_to
        )
        return not is_read

    def to_json(self) -> dict[str, Any]:
        """The plan's entry: all settings that its heatmap depends on."""
        settings = dataclasses.asdict(self.settings)
        if self.method == "mdm-published":
            own = {key: settings[key] for key in _FOR_PUBLISHED}
            settings = own | dataclasses.asdict(PUBLISHED)
        return {
            "method": self.method,
            "settings_digest": self.settings.digest,
            "settings": settings,
        }


def parse_methods(texts: Sequence[str]) -> tuple[ConfiguredMethod, ...]:
    """All methods that are named; every method there is where none is.

    Raises:
        ReadableError: a name, a key or a value is wrong, or a name comes twice.
    """
    methods = tuple(parse_method(text, tuple(METHODS)) for text in texts or METHODS)
    names = [method.name for method in methods]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise ReadableError(f"The method {repeated[0]} is named twice. Name each method once.")
    return methods


def parse_method(text: str, methods: Sequence[str]) -> ConfiguredMethod:
    """Read ``METHOD`` or ``METHOD:KEY=VALUE,KEY=VALUE``.

    Args:
        text: ``tier`` is a key too and is read first; parts of a tuple are joined by ``+``.
        methods: the names that there are.
    """
    method, colon, rest = text.strip().partition(":")
    if method not in methods:
        raise ReadableError(
            f"There is no method {method!r}. {_nearest(method, methods)}{', '.join(methods)}."
        )
    pairs = dict(_pair(method, part) for part in rest.split(",")) if colon else {}
    tier = pairs.pop("tier", DEFAULT_TIER)
    if tier not in TIERS:
        raise ReadableError(f"There is no tier {tier!r}. Choose one of: {', '.join(TIERS)}.")
    if method != "mdm" and tier != DEFAULT_TIER:
        raise ReadableError(f"{method} has no tiers, only mdm has. Write {method} alone.")
    allowed = get_type_hints(MDMSettings)
    if method != "mdm":
        keys = _FOR_PUBLISHED if method == "mdm-published" else _FOR_ALL
        allowed = {key: kind for key, kind in allowed.items() if key in keys}
    values = {key: _value(method, key, value, allowed) for key, value in pairs.items()}
    try:
        settings = dataclasses.replace(TIERS[tier], **values)
    except ValueError as error:
        raise ReadableError(f"{text} cannot be: {error}") from error
    return ConfiguredMethod(text.strip(), method, settings)


def _pair(method: str, part: str) -> tuple[str, str]:
    key, equals, text = part.partition("=")
    if not (key and equals and text):
        raise ReadableError(
            f"{part!r} is no setting of {method}. Write KEY=VALUE, several of them with commas: "
            "mdm:steps=12,areas=0.05+0.5."
        )
    return key.strip(), text.strip()


def _value(method: str, key: str, text: str, allowed: dict[str, Any]) -> Any:
    if key not in allowed:
        raise ReadableError(
            f"{method} has no setting {key!r}. {_nearest(key, list(allowed))}{', '.join(allowed)}."
        )
    kind = allowed[key]
    if get_origin(kind) is not tuple:
        return _single(key, text, kind)
    kinds = get_args(kind)
    parts = [_single(key, part, kinds[0]) for part in text.split("+")]
    if Ellipsis not in kinds and len(parts) != len(kinds):
        raise ReadableError(
            f"{key}={text} gives {len(parts)} of its {len(kinds)} values. "
            f"Join them by a plus sign: {_example(key)}."
        )
    return tuple(parts)


def _single(key: str, text: str, kind: Any) -> Any:
    """One value of a plain type, or of a type that may be None."""
    choices = [choice for choice in get_args(kind) if choice is not type(None)]
    if choices:  # such as ``float | None``
        return None if text == "none" else _single(key, text, choices[0])
    try:
        return {"true": True, "false": False}[text] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        raise ReadableError(
            f"{key}={text} is not {_KINDS.get(kind, 'such a value')}. "
            f"Write it as in {_example(key)}."
        ) from error


def _example(key: str) -> str:
    default = getattr(MDMSettings(), key)
    parts = default if isinstance(default, tuple) else (default,)
    return f"{key}=" + "+".join(str(part).lower() for part in parts)


def _nearest(text: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(text, choices, n=1)
    return f"Did you mean {near[0]}? There are " if near else "Choose one of: "
