"""Encodings by name, and from a bundle's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dprotonet.attributes.encodings.cpcr import CpcR
from dprotonet.attributes.encodings.encoding import Encoding
from dprotonet.attributes.encodings.pixels import METHODS, PixelPlaces
from dprotonet.attributes.encodings.supertml import SuperTml

ENCODINGS: tuple[str, ...] = ("cpcr", *METHODS, "supertml")
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
        if name == SuperTml.name:
            return SuperTml(**values)
        if name in METHODS:
            return PixelPlaces(method=name, **values)
    except TypeError as error:
        raise ValueError(f"these are no facts of the encoding {name!r} ({error})") from error
    raise ValueError(f"there is no encoding {name!r}; there are {', '.join(ENCODINGS)}")
