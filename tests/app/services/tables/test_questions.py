"""What is asked of a row is what can be said of one."""

from app.services.room import form
from app.services.tables import questions


def test_the_answers_are_those_of_images_without_what_no_row_has() -> None:
    for own, of_images in (
        (questions.REASONS, form._REASONS),
        (questions.REGIONS, form._REGIONS),
        (questions.JUDGEMENT[1].choices, form.JUDGEMENT[1].choices),
    ):
        assert {one.value for one in own} <= {one.value for one in of_images}
    assert [one.id for one in questions.JUDGEMENT] == ["similar", "usefulness"]


def test_no_word_is_of_an_image() -> None:
    texts = [one.hint for one in (*questions.REASONS, *questions.REGIONS)]
    texts += [one.title for one in questions.JUDGEMENT]
    texts += [choice.hint for one in questions.JUDGEMENT for choice in one.choices]
    for word in ("image", "body", "region", "device", "border"):
        assert not any(word in text for text in texts), word
