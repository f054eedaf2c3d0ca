"""What a reader changes to see what the model says then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from app.domain.errors import Refused
from app.domain.marks import Mark, marks_from_json
from dprotonet.inference.intervention import FILLS, Action, Fill
from dprotonet.modeling.digests import json_digest

SHAPES = ("rectangle", "ellipse", "outline")
"""Kinds of marks that enclose a region."""
MOST_SHAPES = 20  # of one region
MOST_POINTS = 2_000  # of all of them
MOST_OFF = 1_000  # prototypes
MOST_VALUES = 2_000  # attributes of a row
LONGEST_VALUE = 200  # characters
_AGAIN = "Reload the page, then try it again."


@dataclass(frozen=True)
class DrawnRegion:
    """A region as it was drawn: all that any of its shapes encloses."""

    marks: tuple[Mark, ...]
    action: Action = "hide"
    fill: Fill = "blur"

    def __post_init__(self) -> None:
        if not self.marks:
            raise Refused("The region has no shape. Draw one on the image.")
        if len(self.marks) > MOST_SHAPES or sum(len(m.points) for m in self.marks) > MOST_POINTS:
            raise Refused(
                f"A region has at most {MOST_SHAPES} shapes and {MOST_POINTS} points. Draw less."
            )
        for mark in self.marks:
            if mark.kind not in SHAPES:
                raise Refused(f"“{mark.kind}” encloses nothing. Draw one of: {', '.join(SHAPES)}.")
        if self.action not in get_args(Action):
            raise Refused(f"A region is hidden or kept, not “{self.action}”. {_AGAIN}")
        if self.fill not in FILLS:
            raise Refused(f"There is no fill “{self.fill}”. Choose: {', '.join(FILLS)}.")
        object.__setattr__(self, "marks", tuple(map(_plain, self.marks)))


@dataclass(frozen=True)
class Change:
    """What is changed at once: prototypes that are off, and a region of an image or values of a row
    of a table; either may be missing."""

    off: tuple[str, ...] = ()
    """Ids, sorted, each once."""
    region: DrawnRegion | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)
    """Attribute to what is written in its place, in alphabetical order; None: it is hidden."""

    def __post_init__(self) -> None:
        if len(self.off) > MOST_OFF:
            raise Refused(f"At most {MOST_OFF} prototypes can be off at once. {_AGAIN}")
        object.__setattr__(self, "off", tuple(sorted(set(self.off))))
        if len(self.values) > MOST_VALUES:
            raise Refused(f"At most {MOST_VALUES} values can be changed at once. {_AGAIN}")
        object.__setattr__(self, "values", dict(sorted(self.values.items())))
        if self.values and self.region is not None:
            raise Refused("Regions are of images, and values of rows. Change one of the two.")
        if not self.off and self.region is None and not self.values:
            raise Refused(
                "Nothing is changed yet. Switch a prototype off, draw a region, or change a value."
            )

    def to_json(self) -> dict[str, Any]:
        """As the browser sends it and the store keeps it."""
        region = self.region and {
            "marks": [mark.to_json() for mark in self.region.marks],
            "action": self.region.action,
            "fill": self.region.fill,
        }
        values = {"values": dict(self.values)} if self.values else {}
        return {"off": list(self.off), "region": region, **values}

    @classmethod
    def from_json(cls, document: object) -> Change:
        """The change that a browser sent or the store kept.

        Raises:
            Refused: it is none, or contradicts itself.
        """
        if not isinstance(document, Mapping):
            raise Refused(f"This is no change. {_AGAIN}")
        off, region = document.get("off", []), document.get("region")
        if not isinstance(off, list | tuple) or not all(isinstance(name, str) for name in off):
            raise Refused(f"These are no prototypes. {_AGAIN}")
        values = _values(document.get("values", {}))
        return cls(tuple(off), None if region is None else _region(region), values)

    def key(self, *, image: str, frame: int, model: str, site: str) -> str:
        """Names the work: the same change of the same image under the same model and settings has
        the same result.

        Args:
            image: hash of the file.
            frame: of the file.
            model: digest of the bundle.
            site: digest of the site's settings; "" for the model's own.
        """
        return json_digest(
            {"image": image, "frame": frame, "model": model, "site": site, **self.to_json()}
        )


def _values(document: object) -> dict[str, str | None]:
    texts = document if isinstance(document, Mapping) else {None: None}
    if not all(
        isinstance(name, str) and (text is None or _is_short(text)) for name, text in texts.items()
    ):
        raise Refused(f"These are no values of a row, or one is too long. {_AGAIN}")
    return dict(texts)


def _is_short(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= LONGEST_VALUE


def _region(document: object) -> DrawnRegion:
    if not isinstance(document, Mapping):
        raise Refused(f"This is no region. {_AGAIN}")
    action, fill = document.get("action", "hide"), document.get("fill", "blur")
    if not isinstance(action, str) or not isinstance(fill, str):
        raise Refused(f"This is no region. {_AGAIN}")
    return DrawnRegion(
        marks_from_json(document.get("marks")),
        action,  # type: ignore[arg-type]  # checked there
        fill,  # type: ignore[arg-type]
    )


def _plain(mark: Mark) -> Mark:
    """Without what does not change the result: a note, and digits beyond a hundredth of a pixel."""
    points = tuple((round(column, 2), round(row, 2)) for column, row in mark.points)
    return replace(mark, points=points, purpose="region", text="")
