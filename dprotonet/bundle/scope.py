"""What a model is for, as far as an image's header and colours can tell. No torch here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage

# Modality "OT", other (PS3.3 C.7.3.1.1.1), says nothing; so do the usual words for "unknown".
_UNKNOWN = {"", "OT", "UNKNOWN", "NONE", "NA", "N", "UNDEFINED", "ANY"}
# A pixel has a colour where its channels lie further apart than what JPEG does to a grey image.
_COLOUR_STEPS = 24  # of 255
_COLOUR_FRACTION = 0.02  # of the pixels: a coloured marker on a grey image is less


@dataclass(frozen=True)
class Scope:
    """The images a model is for; an empty field does not matter.

    Attributes:
        modalities: DICOM's Modality, such as "CR" and "DX".
        body_parts: words of BodyPartExamined, of which one is enough, such as "CHEST".
        views: words of ViewPosition, of which one is enough, such as "PA" and "AP".
        colour: True for colour images, False for grey ones, None for both.
    """

    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    colour: bool | None = None

    def __post_init__(self) -> None:
        for name in ("modalities", "body_parts", "views"):
            words = getattr(self, name)
            if not isinstance(words, list | tuple) or not all(_is_word(word) for word in words):
                raise ValueError(f"{name} of a scope must be words without spaces.")
            object.__setattr__(self, name, tuple(word.upper() for word in words))
        if self.colour is not None and not isinstance(self.colour, bool):
            raise ValueError("colour of a scope must be true, false or nothing.")

    def objections(self, image: GrayOrColourImage) -> tuple[str, ...]:
        """Why an image is none that the model is for, in plain words; empty where nothing speaks
        against it. What the header does not say is no objection."""
        found = []
        if self.colour is not None and is_coloured(image) != self.colour:
            found.append(
                "a grey image; this model takes colour images"
                if self.colour
                else "a colour image; this model takes grey images"
            )
        header = image.facts.dicom
        if header is not None:
            for name, value, words in (
                ("modality", header.modality, self.modalities),
                ("body part", header.body_part, self.body_parts),
                ("view", header.view_position, self.views),
            ):
                stated = set(re.findall(r"[A-Z0-9]+", value.upper())) - _UNKNOWN
                if words and stated and not stated & set(words):
                    found.append(f"{name} {_shown(value)}; this model takes {', '.join(words)}")
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scope:
        """The scope that :meth:`to_json` wrote, or a recipe's.

        Raises:
            ValueError: a field is unknown or of another type.
        """
        unknown = set(data) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"A scope has no {sorted(unknown)[0]!r}.")
        return cls(**data)


def is_coloured(image: GrayOrColourImage) -> bool:
    """Whether an image shows colours: a grey image that was stored as RGB does not."""
    if not image.is_colour:
        return False
    channels = image.pixels.astype(np.int16)
    apart = channels.max(axis=2) - channels.min(axis=2)
    return float((apart > _COLOUR_STEPS).mean()) > _COLOUR_FRACTION


def _shown(value: str) -> str:
    """A header's value in capitals, one line of at most 32 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split()).upper()[:32]


def _is_word(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9]+", value) is not None
