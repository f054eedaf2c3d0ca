"""Which findings of a set with many are learned together, each a question of its own."""

from __future__ import annotations

from collections.abc import Sequence

from dprotonet.errors import ReadableError


def chosen_findings(words: str, known: Sequence[str], origin: str) -> tuple[str, ...]:
    """The findings of a recipe, in the set's order; all of them where none is named.

    Args:
        words: names with commas between them, or "".
        known: names that the set has.
        origin: of the set, for the error.

    Raises:
        ReadableError: a finding that the set does not have, or fewer than two.
    """
    asked = [word.strip() for word in words.split(",") if word.strip()] or list(known)
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise ReadableError(
            f"There is no finding {unknown[0]!r} in {origin}. Choose of: {', '.join(known)}."
        )
    if len(set(asked)) < 2:
        raise ReadableError(
            f"{len(set(asked))} finding(s) are there to be learned together. Name two or more by "
            "--set finding=A,B, or leave multi_label out."
        )
    return tuple(name for name in known if name in asked)
