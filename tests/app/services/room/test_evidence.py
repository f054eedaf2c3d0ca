"""The prototypes that matter, each as a card, and the waterfall that they add up to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.domain.bundles import NO_PROTOTYPES
from app.domain.cases import Sheet, SheetMatch
from app.domain.noun import IMAGE
from app.services.room import evidence
from app.services.room.evidence import (
    NO_GALLERY,
    SILENT,
    cards,
    odds_text,
    question,
    steps,
    sum_text,
)
from app.services.room.percentiles import Distribution
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction, PrototypeMatch
from dprotonet.prototypes.own_map import OwnMap
from tests.app.domain.test_evidence import row
from tests.app.services.room.conftest import Room
from tests.app.services.room.pools import FullPool, MultiLabelPool

POSITIVE = Prediction(
    label="finding",
    probabilities={"none": 0.2, "finding": 0.8},
    logits={"none": -0.5, "finding": 1.3},
    threshold=0.5,
    matches=(PrototypeMatch("p00", "finding", 0.9, 1.3, -0.5),),
    closest_similarity=0.9,
    no_prototype_is_close=False,
    seconds=0.1,
    bundle="0" * 64,
    runner_up="none",
)


def having(sheet: Sheet, *matches: SheetMatch, prediction: Prediction = POSITIVE) -> Sheet:
    """The sheet of another prediction."""
    return replace(sheet, prediction=prediction, matches=matches)


def test_the_cards_are_few_and_what_does_most_for_or_against_leads(read: Room) -> None:
    rows = [row(f"p{n:02}", 0.5 + n / 10, f"ab{n}") for n in range(8)]
    against = row("p09", -1.6, "xyz", of="none")
    shown = cards(having(read.sheet, *rows, against), {})
    assert [card.id for card in shown] == ["p09", "p07", "p06", "p05", "p04"]
    assert [card.value for card in shown] == pytest.approx([-1.6, 1.2, 1.1, 1.0, 0.9])


def test_what_counts_less_than_a_tenth_of_the_first_has_no_card(read: Room) -> None:
    sheet = having(read.sheet, row("p00", 2.0, "a"), row("p01", 0.2, "b"), row("p02", -0.19, "c"))
    assert [card.id for card in cards(sheet, {})] == ["p00", "p01"]


def test_a_card_says_what_it_does_for_which_class_and_in_how_many_images(read: Room) -> None:
    sheet = having(
        read.sheet,
        row("p00", 1.9, "abc"),
        row("p01", -0.8, "d", of="none"),
        row("p02", 0.7),
        row("p03", 1.0, "cab"),
    )
    shared, against, bare = cards(sheet, {})
    assert shared.title == "p00, p03 · learned for “finding”"
    assert shared.prototypes == ("p00", "p03")
    assert shared.effect == "+2.9 towards finding, as in these 3 images"
    assert against.effect == "+0.8 towards none, as in this training image"
    assert bare.effect == "+0.7 towards finding", "without images it claims none"
    assert [one.title for one in shared.sources][:1] == ["Training image 1 of p00: weight 10 %"]
    assert [one.title for one in against.sources] == ["The one training image of p01"]


def test_without_a_next_class_what_speaks_against_says_so(read: Room) -> None:
    earlier = replace(POSITIVE, runner_up=None)
    (card,) = cards(having(read.sheet, row("p00", -0.5, "ab"), prediction=earlier), {})
    assert card.effect == "−0.5, against finding, as in these 2 images"


def test_the_similarity_is_a_percentile_and_the_cosine_stands_in_the_details(read: Room) -> None:
    known = {"p00": Distribution(np.linspace(0, 1, 100), np.linspace(0, 0.5, 10))}
    with_it, unknown = cards(
        having(read.sheet, row("p00", 1.0, "a", against=-0.25), row("p01", 0.5, "b")), known
    )
    assert with_it.similarity == (
        "Of the model's own images for “finding”: more similar than 90 % of those with it, than "
        "100 % of those without."
    )
    assert "0.9" not in with_it.similarity
    assert with_it.details == ("p00: similarity 0.900, logit +0.75 for, −0.25 for the next",)
    assert unknown.similarity.endswith("is not kept with this model.")


def test_the_cards_of_an_image_name_their_training_images(read: Room) -> None:
    opened = read.open()
    assert [card.class_name for card in opened.cards] == ["none", "finding", "none", "finding"]
    first = opened.cards[0]
    assert first.id == "p00" and first.sources
    address = f"/api/gallery/{read.sheet.model}/p00/0"
    assert (first.sources[0].pixels, first.sources[0].heatmap) == (
        f"{address}/pixels",
        f"{address}/map",
    )
    assert first.heatmap == "" and opened.evidence_note == ""


class MappingPool(FullPool):
    """Keeps where the mask of the first prototype lies."""

    def predict(self, model: str, image: GrayOrColourImage, **named: object) -> Prediction:
        said = super().predict(model, image, **named)  # type: ignore[arg-type]
        first, *others = said.matches
        return replace(said, matches=(replace(first, own_map=OwnMap(1, 2, b"\xff\0")), *others))


def test_a_card_shows_where_the_network_looks_in_this_image_where_that_is_kept(room: Room) -> None:
    room.pool = MappingPool()
    addresses = {card.id: card.heatmap for card in room.add().open().cards}
    model = room.sheet.model
    assert addresses.pop("p00") == f"/api/own-map/{room.case_id}/0/{model}/p00/map"
    assert set(addresses.values()) == {""}


def test_the_mask_readers_map_of_a_prototype_comes_before_its_own(
    readers: None, room: Room
) -> None:
    room.pool = MappingPool()
    opened = room.add().open()
    by_node = {offer.node: offer.url for offer in opened.maps}
    for card in opened.cards:
        assert card.heatmap == by_node[f"prototype:{card.id}"]


def test_a_model_without_training_images_says_how_to_attach_them(read: Room) -> None:
    bare = tuple(replace(match, sources=()) for match in read.sheet.matches)
    assert evidence.note(replace(read.sheet, matches=bare)) == IMAGE.say(NO_GALLERY)
    assert evidence.note(replace(read.sheet, matches=())).startswith("The prototypes appear when")


def test_whether_two_regions_look_alike_is_asked_where_both_are_in_sight(read: Room) -> None:
    with_image, without = cards(having(read.sheet, row("p00", 2.0, "a"), row("p01", 1.0)), {})
    assert with_image.asks == ("similar", "usefulness", "artefact")
    assert without.asks == ("usefulness", "artefact")


def test_an_imported_model_says_that_it_has_no_prototypes_and_abstains_from_nothing(
    read: Room,
) -> None:
    sheet = having(read.sheet, prediction=replace(POSITIVE, matches=()))
    assert evidence.note(sheet) == IMAGE.say(NO_PROTOTYPES)
    assert cards(sheet, {}) == () and steps(sheet, ()) is None


def test_the_steps_add_up_to_the_total_and_lead_to_their_cards(read: Room) -> None:
    small = [row(f"p1{n}", 0.01) for n in range(3)]
    sheet = having(
        read.sheet,
        row("p00", 2.0, "abc"),
        row("p01", -0.2, "d"),
        row("p03", 0.5, "abc"),
        *small,
        prediction=replace(POSITIVE, logits={"none": -1.0, "finding": 1.33}),
    )
    shown = steps(sheet, cards(sheet, {}))
    assert shown is not None
    assert shown.title == "What speaks for “finding” rather than “none”"
    assert [(step.name, step.text, step.card) for step in shown.steps] == [
        ("p00, p03 · finding", "+2.50", "p00"),
        ("Others for (3)", "+0.03", ""),
        ("p01 · finding", "−0.20", ""),  # too small for a card
    ]
    assert [step.start for step in shown.steps] == pytest.approx([0.0, 2.5, 2.53])
    assert sum(step.value for step in shown.steps) == pytest.approx(shown.total)
    assert shown.total_text == "+2.33"


class RunnerUpPool(FullPool):
    """What speaks for one class speaks against the other, and the logits are the sums."""

    def predict(self, *args: object, **named: object) -> Prediction:
        said = super().predict(*args, **named)  # type: ignore[arg-type]
        matches = tuple(replace(m, against=-m.contribution) for m in said.matches)
        total = sum(match.contribution for match in matches)
        logits = {"finding": total, "none": -total}
        return replace(said, matches=matches, runner_up="none", logits=logits)


def test_the_waterfall_of_an_image_sums_to_the_difference_of_the_two_logits(room: Room) -> None:
    room.pool = RunnerUpPool()
    opened = room.add().open()
    assert opened.waterfall is not None
    assert opened.waterfall.title == "What speaks for “finding” rather than “none”"
    total = sum(step.value for step in opened.waterfall.steps)
    assert total == pytest.approx(opened.waterfall.total)
    assert {step.card for step in opened.waterfall.steps} <= {c.id for c in opened.cards} | {""}
    assert opened.waterfall.sentence.startswith("Together, before calibration: about")


class SilentPool(FullPool):
    """No prototype adds anything."""

    def predict(self, *args: object, **named: object) -> Prediction:
        said = super().predict(*args, **named)  # type: ignore[arg-type]
        silent = tuple(replace(m, contribution=0.0, against=0.0) for m in said.matches)
        logits = dict.fromkeys(said.logits, 0.0)
        return replace(said, matches=silent, logits=logits, runner_up="none")


def test_where_all_is_silent_the_room_says_that_no_prototype_speaks(room: Room) -> None:
    room.pool = SilentPool()
    opened = room.add().open()
    assert opened.evidence_note == IMAGE.say(SILENT) and opened.waterfall is None


def test_of_a_multi_label_model_the_bars_are_of_one_class(room: Room) -> None:
    room.pool = MultiLabelPool()
    opened = room.add().open()
    assert opened.waterfall is not None
    assert opened.waterfall.title == "What speaks for “finding”"
    assert "each class stands alone" in opened.waterfall.sentence


def test_the_sum_is_said_as_odds() -> None:
    assert odds_text(POSITIVE) == "about 6.0 to 1 for “finding” rather than “none”"
    even = replace(POSITIVE, logits={"none": 1.3, "finding": 1.3})
    assert odds_text(even) == "even odds between “finding” and “none”"
    sure = replace(POSITIVE, logits={"none": -500.0, "finding": 500.0})
    assert "more than 1,000 to 1" in odds_text(sure)
    likely = replace(POSITIVE, logits={"none": 0.0, "finding": 3.0})
    assert odds_text(likely).startswith("about 20 to 1")


def test_a_class_that_is_called_by_its_threshold_alone_is_said_to_be() -> None:
    unlikely = replace(
        POSITIVE,
        probabilities={"none": 0.6, "finding": 0.4},
        logits={"none": 0.4, "finding": 0.0},
        threshold=0.3,
    )
    text = sum_text(unlikely)
    assert "1.5 to 1 for “none” rather than “finding”" in text
    assert "“finding” is called nevertheless, because of its threshold" in text
    assert "nevertheless" not in sum_text(POSITIVE)


def test_a_negative_call_is_read_from_its_own_side() -> None:
    negative = replace(
        POSITIVE,
        label="none",
        probabilities={"none": 0.8, "finding": 0.2},
        logits={"none": 1.0, "finding": 0.0},
        runner_up="finding",
    )
    assert question(negative) == "What speaks for “none” rather than “finding”"
    assert "2.7 to 1 for “none”" in odds_text(negative)


def test_a_prediction_of_an_earlier_version_says_what_its_bars_are() -> None:
    earlier = replace(POSITIVE, runner_up=None)
    assert question(earlier) == "What speaks for “finding”"
    assert "saved by an earlier version" in sum_text(earlier)


def test_a_concept_says_what_it_does_and_what_is_no_concept_stands_last(read: Room) -> None:
    sheet = having(
        read.sheet,
        row("other (none)", 4.0, kind="other"),
        row("token", 1.9, "abc", kind="concept"),
        row("leads", -0.8, "abd", kind="concept"),
    )
    known = {"token": Distribution(np.arange(3.0), np.arange(-7.0, 0.0))}
    token, leads, rest = cards(sheet, known)
    assert token.title == "Concept “token” · speaks most for “finding”"
    assert token.effect == "Moves the prediction by +1.9 towards finding"
    assert leads.effect == "Moves the prediction by +0.8 towards none"
    assert token.similarity == (
        "Its axis is 0.90 above the mean of the training images, higher than in 80 % of the "
        "model's own images."
    )
    assert token.sources[0].title == "Training image 1 of token: +0.90"
    assert token.edit and "usefulness" in token.asks
    assert rest.title.startswith("All else") and not rest.edit and rest.asks == ()
