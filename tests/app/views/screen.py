"""A page as text: what a reader sees on it and does with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.services.uploading import receiving
from app.services.workplace import Workplace
from app.views.shared.format import JOINER
from app.views.shared.workplace import current_workplace
from tests.paths import ROOT

MAIN = ROOT / "app" / "main.py"


class Screen:
    """One reader's session."""

    def __init__(self, app: AppTest) -> None:
        self.app = app

    def run(self) -> Screen:
        """Rerun the page."""
        self.app.run()
        assert not self.app.exception, [error.value for error in self.app.exception]
        return self

    @property
    def text(self) -> str:
        """All text on the page, as a reader sees it."""
        parts = [
            *self.app.markdown,
            *self.app.caption,
            *self.app.text,
            *self.app.info,
            *self.app.warning,
            *self.app.error,
            *self.app.success,
        ]
        texts = [str(part.value) for part in parts] + [tab.label for tab in self.app.tabs]
        return bare("\n".join(texts))

    @property
    def errors(self) -> list[str]:
        """Error messages."""
        return [bare(str(error.value)) for error in self.app.error]

    @property
    def warnings(self) -> list[str]:
        """Warnings."""
        return [bare(str(warning.value)) for warning in self.app.warning]

    @property
    def case_id(self) -> str:
        """The case in the address."""
        value = self.app.query_params["case"]
        return value if isinstance(value, str) else value[0]

    @property
    def room(self) -> dict[str, Any]:
        """What the reading room is given, which owns the page of a case."""
        (part,) = self.components
        return dict(json.loads(part.proto.json))

    def leave(self) -> Screen:
        """Go from the reading room to the list, as its button does."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("app.viewer.room._component", lambda **named: {"leave": True})
            return self.run()

    def open(self, page: str) -> Screen:
        """Open a page by the name of its folder."""
        self.app.switch_page(f"views/{page}/page.py")
        return self.run()

    def buttons(self, label: str) -> list:
        """Buttons whose label begins with this one."""
        return [b for b in self.app.button if bare(b.label).startswith(label)]

    def press(self, label: str, number: int = 0) -> Screen:
        """Press the button with this label."""
        button = self.buttons(label)[number]
        assert not button.disabled, f"{label} cannot be pressed"
        button.click()
        return self.run()

    def upload(self, *files: tuple[str, bytes]) -> Screen:
        """Upload files as the field in the browser does: send each, then report their ids."""
        key = next(
            k for k in ("review-upload", "batch-upload", "gallery-upload") if self._shows_field(k)
        )
        token, ids = self.app.session_state["upload-token"], []
        for name, data in files:
            with receiving.receive(self.workplace, token, name=name, size=len(data)) as incoming:
                incoming.write(data)
            ids.append(incoming.key)
        self.app.session_state[key] = {"sent": {"ids": ids, "failed": 0}}
        return self.run()

    @property
    def workplace(self) -> Workplace:
        """The workplace behind the pages."""
        return current_workplace()

    @property
    def components(self) -> list:
        """Our own components, but for the unseen one that every page carries."""
        parts = self.app.get("bidi_component")
        return [part for part in parts if not part.proto.id.endswith("-connection-notice")]

    def _shows_field(self, key: str) -> bool:
        fields = [part.proto.id for part in self.components]
        return any(field.endswith(f"-{key}") for field in fields)

    def choose(self, label: str, value: object) -> Screen:
        """Choose in the field with this label."""
        fields: Sequence = [*self.app.selectbox, *self.app.segmented_control]
        field = next(f for f in fields if f.label == label)
        field.set_value(value)
        return self.run()

    def write(self, label: str, text: str) -> Screen:
        """Write into a field."""
        field = next(f for f in [*self.app.text_area, *self.app.text_input] if f.label == label)
        field.set_value(text)
        return self.run()

    def has(self, label: str) -> bool:
        """Is there a field to choose or to write with this label?"""
        fields = [*self.app.selectbox, *self.app.segmented_control, *self.app.text_area]
        return any(field.label == label for field in fields)


def bare(markdown: str) -> str:
    """Text without the escapes that keep it from being read as markup."""
    return markdown.replace("\\", "").replace(JOINER, "")
