"""The signature that loses nothing."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.domain.actors import Actor, Role
from app.domain.annotations import PrototypeJudgement
from app.domain.errors import Conflict, Forbidden, Refused
from app.services import review
from app.services.workplace import Workplace
from tests.app.services.review.conftest import sign
from tests.paths import ROOT


def test_a_signed_revision_is_found_again_with_all_it_said(
    workplace: Workplace, case_id: str
) -> None:
    judged = {
        "p00": PrototypeJudgement(similar=True, usefulness="useful"),
        "p01": PrototypeJudgement(usefulness="artefact", artefact="text"),
        "p02": PrototypeJudgement(),
    }
    sign(workplace, case_id, 0, prototype_judgements=judged, text=" =SUM(1) ")
    sign(workplace, case_id, 1, verdict="reject", corrected_label="none", confidence=2)
    sheet = review.open_case(workplace, case_id)
    assert [a.verdict for a in sheet.revisions] == ["accept", "reject"]
    assert sheet.annotation == sheet.revisions[1]
    first = sheet.revisions[0]
    assert first.prototype_judgements == {name: judged[name] for name in ("p00", "p01")}
    assert (first.reader, first.text, first.predicted_label) == ("Reader One", "=SUM(1)", "finding")
    assert review.list_cases(workplace).rows[0].status == "done"


def test_a_second_reader_cannot_overwrite_a_signed_case(workplace: Workplace, case_id: str) -> None:
    sign(workplace, case_id, 0)
    with pytest.raises(Conflict, match="nothing was overwritten"):
        sign(workplace, case_id, 0, verdict="reject", corrected_label="none")
    assert len(review.open_case(workplace, case_id).revisions) == 1
    with pytest.raises(Conflict):
        sign(workplace, case_id, 5)


def test_an_adjudicator_signs_after_another_reader_and_a_reader_does_not(
    workplace: Workplace, case_id: str
) -> None:
    def sign(name: str, role: Role, after: int) -> None:
        actor = Actor(name, "reader", frozenset({role}))
        review.sign(
            workplace.of(actor), case_id, verdict="accept", confidence=3, expected_revision=after
        )

    sign("Ann", "reader", 0)
    with pytest.raises(Forbidden, match="Another reader has signed"):
        sign("Bob", "reader", 1)
    with pytest.raises(Conflict):
        sign("Bob", "reader", 0)
    sign("Ann", "reader", 1)
    sign("Bob", "adjudicator", 2)
    readers = [revision.reader for revision in review.open_case(workplace, case_id).revisions]
    assert readers == ["Ann", "Ann", "Bob"]


def test_threads_signing_at_once_lose_no_revision(workplace: Workplace, case_id: str) -> None:
    refused: list[Conflict] = []
    signed: list[str] = []

    def reader(name: str) -> None:
        for turn in range(4):
            while True:
                with workplace.store.read() as tx:
                    seen = tx.annotations.latest_revision(case_id, frame=0)
                try:
                    sign(workplace, case_id, seen, text=f"{name} {turn}")
                except Conflict as error:
                    refused.append(error)
                    continue
                signed.append(f"{name} {turn}")
                break

    threads = [threading.Thread(target=reader, args=(f"r{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    revisions = review.open_case(workplace, case_id).revisions
    assert [a.revision for a in revisions] == list(range(1, 25))
    assert sorted(a.text for a in revisions) == sorted(signed)


SIGNER = """
import sys
from app.settings import Settings
from app.domain.errors import Conflict
from pathlib import Path
from tests.app.services.review.conftest import sign
from tests.app.services.workplaces import make_workplace
from app.services import review
data, url, assets, case_id, name = sys.argv[1:]
workplace = make_workplace(Settings(Path(data), database_url=url, assets=Path(assets)), reader=name)
for turn in range(5):
    while True:
        with workplace.store.read() as tx:
            seen = tx.annotations.latest_revision(case_id, frame=0)
        try:
            review.sign(workplace, case_id, verdict="accept", confidence=3, expected_revision=seen,
                        text=f"{name} {turn}")
            break
        except Conflict:
            pass
"""


def test_processes_signing_at_once_lose_no_revision(
    workplace: Workplace, case_id: str, assets: Path
) -> None:
    settings = workplace.settings
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                SIGNER,
                settings.data,
                settings.store_url,
                assets,
                case_id,
                name,
            ],
            cwd=ROOT,
        )
        for name in ("reader 0", "reader 1")
    ]
    assert [process.wait(120) for process in processes] == [0, 0]
    revisions = review.open_case(workplace, case_id).revisions
    assert [a.revision for a in revisions] == list(range(1, 11))
    assert {a.text for a in revisions} == {f"reader {n} {t}" for n in range(2) for t in range(5)}


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"verdict": "maybe"}, "no verdict"),
        ({"confidence": 6}, "between 1 and 5"),
        ({"verdict": "accept", "corrected_label": "none"}, "another label"),
        ({"verdict": "reject"}, "what is right"),
        ({"verdict": "reject", "corrected_label": "finding"}, "the predicted one"),
        ({"verdict": "supplement", "text": "  "}, "empty"),
        ({"text": "x" * 10_001}, "Shorten"),
        ({"prototype_judgements": {"p99": PrototypeJudgement(similar=True)}}, "no prototype"),
        ({"prototype_judgements": {"p00": PrototypeJudgement(usefulness="artefact")}}, "which one"),
    ],
)
def test_a_revision_that_contradicts_itself_is_refused(
    workplace: Workplace, case_id: str, choices: dict, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        sign(workplace, case_id, 0, **choices)
    assert review.open_case(workplace, case_id).revisions == ()


def test_a_reader_says_what_a_refused_image_shows(workplace: Workplace, refused: str) -> None:
    with pytest.raises(Refused, match="no prediction to judge"):
        sign(workplace, refused, 0, verdict="accept")
    sign(workplace, refused, 0, verdict="wrongly refused", corrected_label="finding")
    sign(workplace, refused, 1, verdict="rightly refused", text="A hand.")
    first, second = review.open_case(workplace, refused).revisions
    assert (first.verdict, first.corrected_label) == ("wrongly refused", "finding")
    assert (first.support, first.predicted_label, first.predicted_probability) == (
        "outside",
        None,
        None,
    )
    assert (first.agrees, second.agrees, second.text) == (None, None, "A hand.")
    assert review.list_cases(workplace).rows[0].status == "done"
