"""A row of which a reader changes values: what its model reads then, and the control beside it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.cases import Case
from app.domain.errors import Refused
from app.domain.permissions import within
from app.services.tables.reading import row_of
from app.services.workplace import Workplace
from dprotonet.attributes.attribute import WrongValue
from dprotonet.errors import WrongRequest

if TYPE_CHECKING:
    from dprotonet.attributes.attribute import Value
    from dprotonet.attributes.row_images import RowImages
    from dprotonet.attributes.table import Row
    from dprotonet.images.types import GrayOrColourImage

DRAWS = 8
"""Rows with other attributes hidden, behind a control."""


@dataclass(frozen=True, eq=False)
class ChangedPictures:
    """The picture of a row with other values, and what it is compared with."""

    picture: GrayOrColourImage
    others: tuple[GrayOrColourImage, ...]
    """Of the row with as many other attributes hidden, drawn at random; empty where a value was
    written and none hidden, and where no others are left."""


@within
def pictures(
    workplace: Workplace, case: Case, model: str, values: Mapping[str, str | None], *, seed: int = 0
) -> ChangedPictures:
    """What a model reads of a row after a change.

    Args:
        workplace: where.
        case: the row.
        model: digest of the bundle.
        values: attribute to what is written in its place; None hides it, so that it is read as a
            missing value is.
        seed: of the attributes that are drawn.

    Raises:
        Refused: the case is no row, or there is no such attribute, or it cannot have the value.
        ReadableError: the model is gone, or reads another table.
    """
    if not case.facts.is_row:
        raise Refused("An image has no values. Draw a region on it instead.")
    images = workplace.models.bundle(model).rows
    if images is None:
        raise Refused("This model reads images, which have no values. Choose another model.")
    own = row_of(workplace, case).values
    changed = _checked(images, {**own, **_parsed(images, values)})
    hidden = [name for name, text in values.items() if text is None]
    others = _others(images, own, hidden, seed) if len(hidden) == len(values) else ()
    return ChangedPictures(images.image(changed), others)


def _parsed(images: RowImages, values: Mapping[str, str | None]) -> dict[str, Value | None]:
    known = {attribute.name: attribute for attribute in images.table.attributes}
    parsed: dict[str, Value | None] = {}
    for name, text in values.items():
        if name not in known:
            raise Refused("The model does not read one of these attributes. Reload the page.")
        try:
            parsed[name] = None if text is None else known[name].parse(text, decimal_comma=True)
        except WrongValue as error:
            raise Refused(f"“{name}” {error}.") from None
    return parsed


def _others(
    images: RowImages, own: Mapping[str, Value | None], hidden: list[str], seed: int
) -> tuple[GrayOrColourImage, ...]:
    """The same done to other attributes that have a value, each draw once."""
    left = [name for name, value in own.items() if value is not None and name not in hidden]
    if len(left) < len(hidden):
        return ()
    chance = random.Random(seed)
    draws = (tuple(sorted(chance.sample(left, len(hidden)))) for _ in range(4 * DRAWS))
    each_once = list(dict.fromkeys(draws))[:DRAWS]
    return tuple(
        images.image(_checked(images, {**own, **dict.fromkeys(names)})) for names in each_once
    )


def _checked(images: RowImages, values: Mapping[str, Value | None]) -> Row:
    try:
        return images.table.row(values)
    except WrongRequest as error:
        raise Refused(str(error)) from None
