"""What a sentence calls the thing that is read: an image, or a row of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "row"]


@dataclass(frozen=True)
class Noun:
    """The words for one kind of case; a case gives its own, and a model that of what it reads."""

    one: Kind
    an: str
    picture: str
    """What lies on the screen and under a heatmap; of a row the picture that its model makes."""
    file: str
    """What a file is that holds some."""

    @property
    def several(self) -> str:
        """Images, rows."""
        return f"{self.one}s"

    def say(self, text: str) -> str:
        """A sentence with its words put in.

        Args:
            text: with ``{image}``, ``{images}``, ``{an_image}``, ``{picture}`` and ``{file}`` in
                their places.
        """
        return text.format(
            image=self.one,
            images=self.several,
            an_image=self.an,
            picture=self.picture,
            file=self.file,
        )


IMAGE = Noun("image", "an image", "image", "an image")
ROW = Noun("row", "a row", "picture", "a table")
