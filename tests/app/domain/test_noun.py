"""What is read has its own word in every sentence."""

import string

import pytest

from app.domain.bundles import NO_PROTOTYPES
from app.domain.cases import CaseFacts
from app.domain.noun import IMAGE, ROW, Noun
from app.services.report import words
from app.services.room import evidence, form, headline, map_offers, refusal, reliability
from app.views.model import gate

TEMPLATES = (
    *(NO_PROTOTYPES, headline.CALIBRATED, refusal.TITLE, refusal.CAUTION, refusal.MEANING),
    *(evidence.SILENT, evidence.NO_GALLERY, map_offers.NOT_MEASURED, map_offers.REFUSED),
    *(words.NO_PREDICTION, words.NO_HEATMAP, words.NOBODY_SIGNED, gate.NO_GATE, gate.ONLY_SCOPE),
    *(hint for _, hint in form._VERDICTS.values()),
    *reliability._DRAWN_BY.values(),
)


def test_a_case_gives_its_noun() -> None:
    assert CaseFacts("png", 8, 8).noun is IMAGE and CaseFacts("row", 8, 8).noun is ROW
    assert (IMAGE.several, ROW.several) == ("images", "rows")


def test_its_words_stand_where_the_sentence_has_their_places() -> None:
    text = "This {image} of {images}: {an_image}, its {picture}, {file}."
    assert IMAGE.say(text) == "This image of images: an image, its image, an image."
    assert ROW.say(text) == "This row of rows: a row, its picture, a table."


@pytest.mark.parametrize("noun", [IMAGE, ROW])
def test_every_sentence_has_all_its_words(noun: Noun) -> None:
    for template in TEMPLATES:
        said = noun.say(template)
        assert "{" not in said
        has_words = any(field for _, field, _, _ in string.Formatter().parse(template))
        assert (said != template) is has_words, template
    assert not any("image" in ROW.say(template) for template in TEMPLATES)
