"""Encodings by name, and from a bundle's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

from dprotonet.attributes.encodings.bargraph import BarGraph
from dprotonet.attributes.encodings.bie import BinaryImage
from dprotonet.attributes.encodings.combination import Combination
from dprotonet.attributes.encodings.cpcr import CpcR
from dprotonet.attributes.encodings.distance_matrix import DistanceMatrix
from dprotonet.attributes.encodings.drawing import CountedDrawing
from dprotonet.attributes.encodings.encoding import Encoding
from dprotonet.attributes.encodings.featurewrap import FeatureWrap
from dprotonet.attributes.encodings.pixels import METHODS, PixelPlaces
from dprotonet.attributes.encodings.supertml import SuperTml

DRAWN: Mapping[str, type[CountedDrawing]] = MappingProxyType(
    {
        one.name: one
        for one in (SuperTml, BarGraph, DistanceMatrix, Combination, FeatureWrap, BinaryImage)
    }
)
"""Those that nothing is fitted for, by name."""
EncodingName = Literal[
    "cpcr",
    "tinto",
    "igtd",
    "refined",
    "deepinsight",
    "fotomics",
    "supertml",
    "bargraph",
    "distancematrix",
    "combination",
    "featurewrap",
    "bie",
]
ENCODINGS: tuple[EncodingName, ...] = get_args(EncodingName)
"""Names of all encodings."""


def encoding_from_json(data: Mapping[str, Any]) -> Encoding:
    """The encoding that ``Encoding.to_json`` wrote.

    Raises:
        ValueError: no encoding of that name, or a field that cannot be.
    """
    values = dict(data)
    name = values.pop("name", None)
    try:
        if name == CpcR.name:
            return CpcR(**values)
        if name in METHODS:
            return PixelPlaces(method=name, **values)
        if name in DRAWN:
            return DRAWN[name](**values)
    except TypeError as error:
        raise ValueError(f"these are no facts of the encoding {name!r} ({error})") from error
    raise ValueError(f"there is no encoding {name!r}; there are {', '.join(ENCODINGS)}")
