"""Names of files and classes are shown as text, on every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.services import explanations, models, review
from app.services.uploading import intake
from app.services.workplace import Workplace
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.site_settings import SiteSettings
from tests.app.services.room.pools import FullPool
from tests.app.services.workplaces import png
from tests.app.views.names import CLASSES, FILES
from tests.app.views.screen import Screen, bare
from tests.dprotonet.tiny_bundle import make_tiny_bundle

# Kinds of elements that read no Markdown in what they are given; a chart is looked at by itself.
TEXT_ONLY = {"selectbox", "text", "text_area", "text_input", "arrow_data_frame", "bidi_component"}


class OddPool(FullPool):
    """A model with odd names of classes."""

    def predict(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> Prediction:
        prediction = super().predict(model, image, site=site)
        renamed = dict(zip(("none", "finding"), CLASSES, strict=True))
        return replace(
            prediction,
            label=renamed[prediction.label],
            probabilities={renamed[name]: p for name, p in prediction.probabilities.items()},
            logits={renamed[name]: logit for name, logit in prediction.logits.items()},
            matches=tuple(
                replace(match, class_name=renamed[match.class_name]) for match in prediction.matches
            ),
        )


@pytest.fixture
def pool() -> FullPool:
    return OddPool()


@pytest.fixture
def odd(workplace: Workplace) -> Workplace:
    """The workplace with a model of odd classes, which is active."""
    make_tiny_bundle(workplace.settings.own_models / "odd", CLASSES, name="odd")
    models.activate(workplace, "odd")
    return workplace


def strings(message: Any) -> Iterator[str]:
    """All text in a message of Streamlit's."""
    for field, value in message.ListFields():
        for item in value if field.is_repeated else [value]:
            if field.message_type is not None:
                if not field.message_type.GetOptions().map_entry:
                    yield from strings(item)
            elif isinstance(item, str) and field.name != "id":
                yield item


def markdown(screen: Screen) -> list[str]:
    """All text of a page that may be read as Markdown."""
    texts: list[str] = []
    for node in screen.app.main:
        kind = getattr(node, "type", "")
        if kind not in TEXT_ONLY | {"plotly_chart"} and getattr(node, "proto", None) is not None:
            texts += strings(node.proto)
    return texts


def check(screen: Screen, *visible_names: str) -> None:
    texts = markdown(screen)
    for name in (*FILES, *CLASSES):
        assert not [text for text in texts if name in text]
    for name in visible_names:
        assert any(name in bare(text) for text in texts), f"{name} is not on the page"


def test_every_page_escapes_the_names_of_files_and_classes(
    screen: Screen, odd: Workplace, worker: Callable[[], int]
) -> None:
    ids = [
        str(intake.add(odd, png(number, level=level), name=name).case_id)
        for number, (name, level) in enumerate(zip(FILES, [200, 20] * 9, strict=False))
    ]
    worker()
    check(screen.run(), *FILES, CLASSES[1])
    for case_id, right in zip(ids[:2], CLASSES, strict=True):  # a finding and a negative
        explanations.request(odd, case_id, node=f"class:{CLASSES[1]}")
        review.sign(
            odd,
            case_id,
            verdict="reject",
            corrected_label=right,
            confidence=1,
            expected_revision=0,
        )
    for file, case_id in zip(FILES[:2], ids[:2], strict=True):
        screen.app.query_params["case"] = case_id
        check(screen.run(), "Explaining" if file == FILES[0] else CLASSES[1])
    worker()
    for file, case_id in zip(FILES[:2], ids[:2], strict=True):
        screen.app.query_params["case"] = case_id
        check(screen.run(), file, *CLASSES, f"Class {CLASSES[1]}")
        charts = screen.app.get("plotly_chart")
        assert charts and not [chart for chart in charts if "<a" in chart.proto.spec]
    screen.app.query_params.clear()
    screen.open("batch").upload(("www.example.com.png", png(99))).press("Start")
    worker()
    check(screen.run(), "www.example.com.png")
    screen.open("annotations")
    screen.app.session_state["notes-table"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    check(screen.run(), FILES[1])
    check(screen.open("model"), *CLASSES)
