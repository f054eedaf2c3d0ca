"""Settings as a command line gives them: KEY=VALUE for the fields of a frozen dataclass."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from dprotonet.errors import ReadableError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar("Settings", bound=DataclassInstance)

_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}


def pairs_of(parts: Iterable[str], subject: str, example: str) -> dict[str, str]:
    """Key and value of each ``KEY=VALUE``.

    Args:
        subject: what the settings are of, for what is said of a wrong one.
        example: how they are written.

    Raises:
        ReadableError: a part has no key or no value.
    """
    pairs = {}
    for part in parts:
        key, equals, text = part.partition("=")
        if not (key and equals and text):
            raise ReadableError(
                f"{part!r} is no setting of {subject}. Write KEY=VALUE, several of them as in "
                f"{example}."
            )
        pairs[key.strip()] = text.strip()
    return pairs


def changed(
    settings: Settings,
    pairs: Mapping[str, str],
    subject: str,
    keys: Collection[str] | None = None,
) -> Settings:
    """Settings with single fields changed; parts of a tuple are joined by ``+``.

    Args:
        settings: a frozen dataclass of numbers, words, truths and tuples of them.
        pairs: texts by field.
        subject: as in :func:`pairs_of`.
        keys: fields that may be changed; None for all.

    Raises:
        ReadableError: there is no such field, or its value is of another kind.
        ValueError: the settings refuse the value.
    """
    kinds = get_type_hints(type(settings))
    allowed = {key: kind for key, kind in kinds.items() if keys is None or key in keys}
    values = {}
    for key, text in pairs.items():
        if key not in allowed:
            raise ReadableError(
                f"{subject} has no setting {key!r}. {nearest(key, list(allowed))}"
                f"{', '.join(allowed)}."
            )
        values[key] = _value(key, text, allowed[key], getattr(settings, key))
    return dataclasses.replace(settings, **values)


def nearest(text: str, choices: Sequence[str]) -> str:
    """The head of a sentence that ends with all choices: the nearest one is named, if one is."""
    near = difflib.get_close_matches(text, choices, n=1)
    return f"Did you mean {near[0]}? There are " if near else "Choose one of: "


def _value(key: str, text: str, kind: Any, before: Any) -> Any:
    if get_origin(kind) is not tuple:
        return _single(key, text, kind, before)
    kinds = get_args(kind)
    parts = [_single(key, part, kinds[0], before) for part in text.split("+")]
    if Ellipsis not in kinds and len(parts) != len(kinds):
        raise ReadableError(
            f"{key}={text} gives {len(parts)} of its {len(kinds)} values. "
            f"Join them by a plus sign: {_example(key, before)}."
        )
    return tuple(parts)


def _single(key: str, text: str, kind: Any, before: Any) -> Any:
    """One value of a plain type, or of a type that may be None."""
    choices = [choice for choice in get_args(kind) if choice is not type(None)]
    if choices:  # such as ``float | None``
        return None if text == "none" else _single(key, text, choices[0], before)
    try:
        return {"true": True, "false": False}[text] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        raise ReadableError(
            f"{key}={text} is not {_KINDS.get(kind, 'such a value')}. "
            f"Write it as in {_example(key, before)}."
        ) from error


def _example(key: str, value: Any) -> str:
    parts = value if isinstance(value, tuple) else (value,)
    return f"{key}=" + "+".join(str(part).lower() for part in parts)
