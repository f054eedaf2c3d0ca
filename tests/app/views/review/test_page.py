from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from app.domain.cases import CaseFilters
from app.domain.errors import Refused
from app.services import review
from app.services.inference import queue
from app.services.uploading import intake, receiving
from app.services.workplace import Workplace
from app.views.shared.format import call_words
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction, decide
from tests.app.services.workplaces import FakePool, dicom, png
from tests.app.views.screen import MAIN, Screen

Worker = Callable[[], int]


def test_an_empty_list_says_how_to_begin(screen: Screen) -> None:
    assert "No images yet" in screen.text
    assert "Up to 200 files and 512 MB at once" in screen.text


def test_every_page_says_what_the_program_is_not_and_who_reads(screen: Screen) -> None:
    for page in ("review", "batch", "annotations", "model"):
        words = screen.open(page).text
        assert "Research use only, not for diagnosis" in words
        assert "Images are stored as they came, for one local reader" in words
        assert "nih-pneumonia" in words
        assert "Reader One" in words


def test_one_uploaded_image_opens_at_once_and_says_that_it_is_being_read(screen: Screen) -> None:
    screen.upload(("bright.png", png(level=200)))
    assert "bright.png" in screen.text
    assert "Reading the image" in screen.text
    assert screen.app.query_params["case"]


def test_the_prediction_comes_with_its_prototypes_and_their_sources(image: Screen) -> None:
    assert "finding" in image.text
    assert "p00" in image.text
    assert "4 contributions sum to the logit of **finding**" in image.text
    pictures = [m.value for m in image.app.markdown if "/api/gallery/" in m.value]
    assert len(pictures) == 4
    assert "/heatmap)" in pictures[0]


def test_several_files_stay_in_the_list_and_a_text_says_why_it_is_none(screen: Screen) -> None:
    screen.upload(("a.png", png(1)), ("b.png", png(2)), ("notes.txt", b"not an image"))
    assert "2 added, 1 no image" in screen.text
    assert "This is a text" in screen.text
    assert len(screen.buttons("a.png")) == 1
    assert "2 cases" in screen.text


def test_the_same_file_twice_is_one_case(screen: Screen) -> None:
    screen.upload(("a.png", png(1)), ("b.png", png(1)))
    assert "1 added, 1 here already" in screen.text


def test_an_image_under_another_header_leads_to_the_first_with_its_pixels(screen: Screen) -> None:
    screen.upload(("first.dcm", dicom(1)))
    first = screen.case_id
    assert not screen.buttons("The same pixels")
    screen.press("All cases").upload(("again.dcm", dicom(1, study_uid="9.9")))
    assert screen.case_id != first
    label = f"The same pixels as case {first} (first.dcm), with another header"
    assert len(screen.buttons(label)) == 1
    screen.press(label)
    assert screen.case_id == first


def test_more_files_than_fit_are_refused_in_one_sentence(screen: Screen) -> None:
    with pytest.raises(Refused) as refusal:  # the field shows the sentence of the route
        screen.upload(*[(f"{n}.png", b"x") for n in range(201)])
    assert str(refusal.value) == (
        "These are 201 files; 200 fit in one upload. Larger sets go through a server folder on "
        "the Batch page, or the shell."
    )
    assert "No images yet" in screen.run().text


def test_files_that_were_taken_in_are_let_go_of_and_a_second_look_takes_nothing_in(
    screen: Screen, workplace: Workplace
) -> None:
    screen.upload(("a.png", png(1)), ("notes.txt", b"not an image"))
    assert list(workplace.settings.spool.iterdir()) == []
    assert "1 added, 1 no image" in screen.run().text
    screen.run()
    assert "1 case" in screen.text


def test_ids_of_another_session_are_no_files_of_this_one(
    screen: Screen, workplace: Workplace
) -> None:
    token = workplace.uploads.open()
    with receiving.receive(workplace, token, name="theirs.png") as incoming:
        incoming.write(png(1))
    screen.app.session_state["review-upload"] = {"sent": {"ids": [incoming.key], "failed": 0}}
    assert "No images yet" in screen.run().text
    assert [file.name for file in workplace.uploads.held(token)] == ["theirs.png"]


def test_a_page_whose_token_is_over_has_another_at_its_next_look(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = screen.app.session_state["upload-token"]
    assert screen.run().app.session_state["upload-token"] == first
    monkeypatch.setattr("app.services.uploading.ledger.LIFE_SECONDS", -1.0)
    assert screen.run().app.session_state["upload-token"] != first


@pytest.mark.parametrize(
    "odd", ["x", [], {"ids": "x"}, {"ids": [1, None], "failed": 0}, {"ids": ["../x"], "failed": 0}]
)
def test_what_the_browser_says_of_its_upload_is_not_trusted(screen: Screen, odd: object) -> None:
    screen.app.session_state["review-upload"] = {"sent": odd}
    assert "No images yet" in screen.run().text


def test_an_image_beside_one_that_could_not_be_sent_does_not_open_by_itself(
    screen: Screen, workplace: Workplace
) -> None:
    token = screen.app.session_state["upload-token"]
    with receiving.receive(workplace, token, name="a.png") as incoming:
        incoming.write(png(1))
    screen.app.session_state["review-upload"] = {"sent": {"ids": [incoming.key], "failed": 1}}
    assert "1 added" in screen.run().text
    assert "case" not in screen.app.query_params


def test_files_of_one_study_stand_together(screen: Screen) -> None:
    screen.upload(
        ("pa.dcm", dicom(1, study_uid="1.2.9")),
        ("lone.png", png(3)),
        ("ap.dcm", dicom(2, study_uid="1.2.9")),
    )
    assert "Study of 2 files" in screen.text
    names = [b.label.replace("\\", "") for b in screen.app.button if b.help == "Open the image"]
    assert abs(names.index("pa.dcm") - names.index("ap.dcm")) == 1


def test_filters_narrow_the_list_and_outlive_an_open_image(screen: Screen) -> None:
    screen.upload(("a.png", png(1)), ("b.png", png(2)))
    screen.write("Find", "b.p")
    assert not screen.buttons("a.png")
    screen.press("b.png")
    screen.press("All cases")
    assert not screen.buttons("a.png")
    screen.write("Find", "nothing like it")
    assert "No case fits these filters" in screen.text


def test_the_list_turns_its_pages(screen: Screen, workplace: Workplace) -> None:
    for number in range(16):
        intake.add(workplace, png(number), name=f"image-{number:02d}.png")
    screen.run()
    assert "Page 1 of 2" in screen.text
    screen.press("Next")
    assert "Page 2 of 2" in screen.text
    assert len(screen.buttons("image-")) == 2


def test_the_address_brings_a_new_session_back_to_the_case(
    image: Screen, workplace: Workplace
) -> None:
    case_id = image.case_id
    again = Screen(AppTest.from_file(str(MAIN), default_timeout=20))
    again.app.query_params["case"] = case_id
    assert "bright.png" in again.run().text


def test_a_case_that_is_gone_is_a_sentence_with_a_way_back(screen: Screen) -> None:
    screen.app.query_params["case"] = "0123456789abcdef"
    screen.run()
    assert len(screen.errors) == 1
    screen.press("All cases")
    assert "No images yet" in screen.text


def test_a_case_is_read_with_another_model_on_request(
    image: Screen, workplace: Workplace, worker: Worker
) -> None:
    other = workplace.models.find("chest-phantom")
    assert other is not None
    image.choose("Model for this case", other.digest)
    assert "Reading the image" in image.text
    worker()
    image.run()
    sheet = review.open_case(workplace, image.case_id)
    assert sheet.model_name == "chest-phantom"
    assert "4 contributions" in image.text


def test_a_case_is_deleted_only_after_a_second_word(image: Screen, workplace: Workplace) -> None:
    assert image.buttons("Delete case")[0].disabled
    image.app.checkbox[0].check()
    image.run()
    image.press("Delete case")
    assert "No images yet" in image.text
    assert review.list_cases(workplace).total == 0


def test_no_prototype_is_close_stands_in_a_banner(
    screen: Screen, worker: Worker, pool: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    predict = pool.predict  # type: ignore[attr-defined]
    monkeypatch.setattr(
        pool, "predict", lambda *a: replace(predict(*a), no_prototype_is_close=True)
    )
    screen.upload(("odd.png", png(level=200)))
    worker()
    assert "No prototype is close" in screen.run().text


def test_a_file_name_is_never_read_as_markup(screen: Screen) -> None:
    screen.upload(("**bold** <b>x</b> [a](b).png", png(1)))
    shown = [m.value for m in screen.app.markdown if "bold" in m.value]
    assert shown == [r"**\*\*bold\*\* \<b\>x\<\/b\> \[a\]\(b\)\.png**"] or all(
        r"\*\*bold" in value for value in shown
    )


def test_a_prediction_that_failed_says_why_and_can_be_tried_again(
    screen: Screen,
    workplace: Workplace,
    worker: Worker,
    pool: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dprotonet.errors import UnusableBundle

    def refuse(*args: object) -> object:
        raise UnusableBundle("The head was altered. Add the model again.")

    with monkeypatch.context() as patch:
        patch.setattr(pool, "predict", refuse)
        screen.upload(("a.png", png(level=200)))
        worker()
        assert screen.run().errors == ["The head was altered. Add the model again."]
    screen.press("Try again")
    worker()
    assert "4 contributions" in screen.run().text


class TogetherPool(FakePool):
    """A model whose classes do not exclude each other."""

    def predict(self, model: str, image: GrayOrColourImage) -> Prediction:
        share = float(image.unit().mean())
        probabilities = {"none": 0.6, "finding": share}
        thresholds = {"none": 0.5, "finding": 0.5}
        return replace(
            super().predict(model, image),
            label=decide(probabilities, thresholds=thresholds),
            probabilities=probabilities,
            threshold=None,
            thresholds=thresholds,
        )


def test_several_findings_are_called_each_with_its_probability(
    screen: Screen, workplace: Workplace
) -> None:
    screen.upload(("bright.png", png(level=200)))
    queue.run_pending(workplace, TogetherPool())
    shown = screen.run()
    assert "#### none 60 % + finding 82 %" in shown.text.replace("\u202f", " ")
    assert "each class is called by itself" in shown.text
    assert "contributions sum to the logit of **finding**" in shown.text
    assert "The prototypes are about “finding”" in shown.text


def test_an_image_is_found_by_any_of_the_findings_that_were_called(
    screen: Screen, workplace: Workplace
) -> None:
    screen.upload(("bright.png", png(level=200)))
    queue.run_pending(workplace, TogetherPool())
    with workplace.store.read() as tx:
        for label, count in (("finding", 1), ("none", 1), ("none + finding", 1), ("find", 0)):
            assert tx.case_list.page(CaseFilters(label=label), page=0, size=9).total == count


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("finding", "finding · 82 %"),
        # The probability of one is not that of both, nor of none.
        ("none + finding", "none + finding"),
        ("none called", "none called"),
    ],
)
def test_a_list_gives_a_probability_to_one_finding_alone(label: str, words: str) -> None:
    assert call_words(label, 0.82) == words
