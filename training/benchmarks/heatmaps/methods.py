"""The methods that are compared, each with its settings: ``gradcam``, ``mdm:tier=draft``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dprotonet.errors import ReadableError
from dprotonet.explain.baselines.published_mdm import PUBLISHED
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.reader.reading import own_reader
from dprotonet.explain.settings import TIERS, MDMSettings
from dprotonet.names import DEFAULT_TIER
from training.settings_text import changed, nearest, pairs_of

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
        is_read = self.settings.reader and own_reader(model) is not None
        return not is_read or self.settings.refine_steps > 0

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
            f"There is no method {method!r}. {nearest(method, methods)}{', '.join(methods)}."
        )
    pairs = pairs_of(rest.split(","), method, "mdm:steps=12,areas=0.05+0.5") if colon else {}
    tier = pairs.pop("tier", DEFAULT_TIER)
    if tier not in TIERS:
        raise ReadableError(f"There is no tier {tier!r}. Choose one of: {', '.join(TIERS)}.")
    if method != "mdm" and tier != DEFAULT_TIER:
        raise ReadableError(f"{method} has no tiers, only mdm has. Write {method} alone.")
    keys = None
    if method != "mdm":
        keys = _FOR_PUBLISHED if method == "mdm-published" else _FOR_ALL
    try:
        settings = changed(TIERS[tier], pairs, method, keys)
    except ValueError as error:
        raise ReadableError(f"{text} cannot be: {error}") from error
    return ConfiguredMethod(text.strip(), method, settings)
