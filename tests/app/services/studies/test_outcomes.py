"""Statistics of a study, each computed again from the stored rows by other formulas."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from app.domain.actors import PROGRAM
from app.domain.errors import Forbidden, Refused
from app.domain.studies import agreement
from app.domain.studies.study import Study
from app.domain.studies.with_ai import Influence
from app.services.inference import queue
from app.services.studies import blinding, managing, outcomes, reading
from app.services.uploading import intake
from tests.app.services.studies.conftest import People, lock, sign
from tests.app.services.studies.test_adjudicating import decide
from tests.app.services.workplaces import FakePool, png

Opened = Callable[..., Study]
CASES = 12


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Figures do not depend on the database."""
    return sqlite_url


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals are not the subject."""
    monkeypatch.setattr(agreement.resampled, "__kwdefaults__", {"seed": 0, "draws": 20})


@pytest.fixture
def read(people: People, opened: Opened, pool: FakePool, few_draws: None) -> Study:
    """A study of twelve cases that two readers read, with labels by chance; every other truth is
    given."""
    taken = [
        intake.add(people.lead, png(n, level=(30, 200)[n % 2]), name=f"{n}.png").case_id or ""
        for n in range(CASES)
    ]
    queue.run_pending(people.lead.of(PROGRAM), pool)
    study = opened(tuple(taken), adjudication="never")
    chance = np.random.default_rng(5)
    for person, case_id in product((people.ann, people.ben), taken):
        own = ("none", "finding")[int(chance.random() < 0.5)]
        lock(person, study, case_id, label=own, confidence=int(chance.integers(1, 6)))
        sure = int(chance.integers(1, 6))
        if chance.random() < 0.5:
            sign(person, study, case_id, confidence=sure)
        else:
            sign(person, study, case_id, verdict="supplement", text="own", confidence=sure)
    table = "case,label\n" + "".join(
        f"{n}.png,{('none', 'finding')[int(chance.random() < 0.6)]}\n" for n in range(CASES - 2)
    )
    assert outcomes.set_reference(people.lead, study.study_id, table.encode()) == CASES - 2
    return study


def rows(people: People) -> list[dict[str, Any]]:
    """The stored rows, each with both parts and its truth."""
    query = """
        SELECT f.reader, f.case_id, f.label AS own, f.confidence AS own_sure, s.label AS last,
               s.confidence AS last_sure, s.predicted_label AS ai, c.reference AS truth
        FROM first_read f
        JOIN signed_read s ON s.study = f.study AND s.reader = f.reader AND s.case_id = f.case_id
        JOIN study_case c ON c.study_id = f.study AND c.case_id = f.case_id
        ORDER BY f.case_id"""
    with people.lead.store.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.exec_driver_sql(query)]


def score(label: str, sure: int) -> int:
    return {"none": 6 - sure, "finding": 5 + sure}[label]


def test_every_figure_is_that_of_the_stored_rows(people: People, read: Study) -> None:
    found = outcomes.study_results(people.lead, read.study_id)
    stored = rows(people)
    assert len(stored) == 2 * CASES and found.truth == {"reference": CASES - 2}
    for one, label, sure in zip(
        found.agreement, ("own", "last"), ("own_sure", "last_sure"), strict=True
    ):
        ann, ben = ([r for r in stored if r["reader"] == name] for name in ("ann", "ben"))
        said = [[r[label] for r in part] for part in (ann, ben)]
        (pair,) = one.pairs
        assert pair.kappa.value == pytest.approx(cohen_kappa_score(*said))
        ranks = [[score(r[label], r[sure]) for r in part] for part in (ann, ben)]
        weighted = cohen_kappa_score(*ranks, weights="quadratic", labels=list(range(1, 11)))
        assert pair.weighted.value == pytest.approx(weighted)
        assert one.fleiss.value == pytest.approx(scott_pi(*said))  # of two readers they are equal
        values = np.array([[r[sure] for r in part] for part in (ann, ben)], float).T
        assert one.icc_confidence.value == pytest.approx(icc_by_components(values))
        assert one.icc_score.value == pytest.approx(icc_by_components(np.array(ranks, float).T))
    by_reader = {(one.reader, one.condition): one for one in found.performance}
    for name, (condition, label, sure) in product(
        ("ann", "ben"), (("alone", "own", "own_sure"), ("with AI", "last", "last_sure"))
    ):
        own = [r for r in stored if r["reader"] == name and r["truth"]]
        sick = [r for r in own if r["truth"] == "finding"]
        well = [r for r in own if r["truth"] == "none"]
        one = by_reader[name, condition]
        assert one.sensitivity.value == sum(r[label] == "finding" for r in sick) / len(sick)
        assert one.specificity.value == sum(r[label] == "none" for r in well) / len(well)
        scores = [score(r[label], r[sure]) for r in own]
        area = roc_auc_score([r["truth"] == "finding" for r in own], scores)
        assert one.auc.value == pytest.approx(area)
    model = by_reader["the model", "as it was shown"]
    once = [r for r in stored if r["reader"] == "ann" and r["truth"]]
    called = [r for r in once if r["truth"] == "finding"]
    assert model.sensitivity.value == sum(r["ai"] == "finding" for r in called) / len(called)
    area = next(one for one in found.differences if one.measure == "AUC")
    means = [
        sum(by_reader[name, condition].auc.value or 0 for name in ("ann", "ben")) / 2
        for condition in ("alone", "with AI")
    ]
    assert (area.alone, area.with_ai) == pytest.approx(means)
    assert area.difference.value == pytest.approx(means[1] - means[0])

    check_influence(people, found.influence)


def check_influence(people: People, influence: tuple[Influence, ...]) -> None:
    """Overrides and automation bias are those of the stored rows too."""
    together, ann, ben = influence
    for one, name in ((together, None), (ann, "ann"), (ben, "ben")):
        own = [r for r in rows(people) if name in (None, r["reader"])]
        changed = sum(r["own"] != r["last"] for r in own)
        assert (one.overrides.value, one.overrides.n) == (changed / len(own), len(own))
        at_risk = [r for r in own if r["truth"] and r["own"] == r["truth"] != r["ai"]]
        fell = [r for r in at_risk if r["last"] != r["truth"]]
        assert (one.automation_bias.value, one.automation_bias.n) == (
            len(fell) / len(at_risk),
            len(at_risk),
        )
        helpable = [r for r in own if r["truth"] and r["own"] != r["truth"] == r["ai"]]
        rose = [r for r in helpable if r["last"] == r["truth"]]
        assert one.corrected.value == len(rose) / len(helpable)


def scott_pi(first: list[str], second: list[str]) -> float:
    """Scott's pi, 1955: what Fleiss' kappa is of two readers."""
    n = len(first)
    seen = sum(a == b for a, b in zip(first, second, strict=True)) / n
    every = [*first, *second]
    chance = sum((every.count(label) / (2 * n)) ** 2 for label in set(every))
    return (seen - chance) / (1 - chance)


def icc_by_components(values: np.ndarray) -> float:
    """The variance of cases among all variance, each estimated from the two-way table's sums."""
    n, k = values.shape
    total = ((values - values.mean()) ** 2).sum()
    cases = k * ((values.mean(1) - values.mean()) ** 2).sum()
    readers = n * ((values.mean(0) - values.mean()) ** 2).sum()
    error = (total - cases - readers) / ((n - 1) * (k - 1))
    case_part = (cases / (n - 1) - error) / k
    reader_part = (readers / (k - 1) - error) / n
    return float(case_part / (case_part + reader_part + error))


def test_who_still_reads_sees_nothing_of_the_others(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()
    assert outcomes.study_results(people.lead, study.study_id).agreement == ()
    managing.close_study(people.lead, study.study_id)
    made = managing.create(
        people.lead,
        name="Own",
        protocol=study.protocol,
        cases=managing.matching_cases(people.lead)[:1],
        readers=("lea", "ann"),
        adjudicators=("cho",),
    )
    managing.open_study(people.lead, made.study_id)
    with pytest.raises(Forbidden, match="when yours are done"):
        outcomes.study_results(people.lead, made.study_id)
    with pytest.raises(Forbidden, match="in another study"):
        outcomes.study_results(people.lead, study.study_id)
    managing.close_study(people.lead, made.study_id)
    blinding.set_reads_first(people.lead, True)
    with pytest.raises(Forbidden, match="your own choice"):
        outcomes.study_results(people.lead, study.study_id)


def test_a_repeat_is_compared_with_the_readers_own_first_time(
    people: People, opened: Opened, cases: tuple[str, ...], few_draws: None
) -> None:
    study = opened(cases[:2], arms=("alone",), repeated=1.0)
    for number in range(4):
        entry = reading.next_case(people.ann, study.study_id)
        assert entry is not None
        lock(people.ann, study, entry.read.key.case_id, label=("none", "finding")[number % 2])
    (pair,) = outcomes.study_results(people.lead, study.study_id).repeats
    assert (pair.first, pair.second, pair.kappa.n) == ("ann", "ann, again, alone", 2)


NO_REFERENCE = (
    (b"case\nx\n", "no columns"),
    (b"\xff\xfe", "no CSV file"),
    (b"case,label\nother.png,none\n", "Line 2 names"),
    (b"case,label\n0.png,other\n", "none of the labels"),
    (b"case,label\n0.png,none\n0.png,none\n", "second time"),
    (b"case,label,frame\n0.png,none,3\n", "no case of this study"),
)


def test_a_reference_that_is_none_is_refused(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()
    for table, sentence in NO_REFERENCE:
        with pytest.raises(Refused, match=sentence):
            outcomes.set_reference(people.lead, study.study_id, table)


def test_truth_comes_of_the_reference_the_adjudicator_and_readers_who_agree(
    people: People, opened: Opened, cases: tuple[str, ...], few_draws: None
) -> None:
    study = opened(arms=("alone",))
    for case_id, label in zip(cases[:3], ("finding", "none", "none"), strict=True):
        lock(people.ann, study, case_id, label="none")
        lock(people.ben, study, case_id, label=label)
    decide(people.cho, study, cases[0])
    outcomes.set_reference(people.lead, study.study_id, f"case,label\n{cases[1]},finding".encode())
    with people.lead.store.read() as tx:
        truth = outcomes.truth_of(tx, study)
    assert {case.case_id: (one.label, one.source) for case, one in truth.items()} == {
        cases[0]: ("finding", "adjudicated"),
        cases[1]: ("finding", "reference"),
        cases[2]: ("none", "agreed"),
    }
