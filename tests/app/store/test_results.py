"""Explanations in the store: each comes back as it was, and those of older rows as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.domain.cases import Case, CaseFacts
from app.domain.errors import NotFound
from app.domain.instant_maps import DrawnMaps
from app.store.rows import ExplanationEntry, PredictionEntry
from app.store.sql_store import SqlStore
from dprotonet.explain.explanation import SEARCH, Agreement, Faithfulness
from dprotonet.inference.prediction import PrototypeMatch
from dprotonet.modeling.placement import GridPlacement
from tests.app.domain.test_explanations import START, saved
from tests.app.store.test_case_list import predicted, refused
from tests.dprotonet.explain.test_explanation import MEASURED


@pytest.fixture
def filled(database_url: str) -> Iterator[SqlStore]:
    """A store with one case, whose heatmaps are to come."""
    store = SqlStore(database_url)
    facts = CaseFacts("dicom", 4, 6, study_uid="1.2")
    case = Case(
        case_id="c1",
        file_name="a.dcm",
        file_sha256="1" * 64,
        pixel_sha256="1" * 64,
        file_bytes=5,
        facts=facts,
        source="upload",
        model=None,
        created_at=START,
    )
    with store.write() as tx:
        tx.cases.add(case)
    yield store
    store.close()


WHOLE = replace(
    saved(peak=(0.25, 0.75), outside_body=0.125, drawn_by=SEARCH),
    explanation_id="e1",
    model="2" * 64,
    faithfulness=Faithfulness.from_json(MEASURED),
    placement=GridPlacement((80, 20), 100, (100, 25), (0, 37)),
    raw_range=(-1.5, 2.0),
)


def test_an_explanation_comes_back_as_it_was(filled: SqlStore) -> None:
    with filled.write() as tx:
        tx.explanations.add(WHOLE)
    with filled.read() as tx:
        assert tx.explanations.get("e1") == WHOLE
        assert tx.explanations.of_frame("c1", frame=0, model=WHOLE.model) == (WHOLE,)
        same = {"frame": 0, "model": WHOLE.model, "node": WHOLE.node, "seed": 0}
        digest = WHOLE.settings_digest
        assert tx.explanations.find("c1", **same, settings_digest=digest) == WHOLE  # type: ignore[arg-type]
        assert tx.explanations.find("c1", **same, settings_digest="9" * 64) is None  # type: ignore[arg-type]
        with pytest.raises(NotFound, match="heatmap"):
            tx.explanations.get("e2")


def test_what_was_not_measured_stays_unknown(filled: SqlStore) -> None:
    bare = replace(WHOLE, faithfulness=None, peak=None, outside_body=None)
    with filled.write() as tx:
        tx.explanations.add(bare)
    with filled.read() as tx:
        assert tx.explanations.get("e1") == bare


def test_the_row_has_the_keys_that_earlier_versions_read(filled: SqlStore) -> None:
    with filled.write() as tx:
        tx.explanations.add(WHOLE)
    with filled.engine.connect() as connection:
        facts = connection.scalar(select(ExplanationEntry.facts))
    assert facts is not None and facts.pop("faithfulness") == MEASURED
    assert facts == {
        "value_before": 0.91,
        "value_after": 0.9,
        "passes_forward": 100,
        "passes_backward": 10,
        "seconds": 4.1,
        "stop_reason": "steps",
        "measuring_seconds": 1.0,
        "raw_range": [-1.5, 2.0],
        "peak": [0.25, 0.75],
        "outside_body": 0.125,
        "agreement": None,
        "placement": {
            "stored": [80, 20],
            "network": 100,
            "resized": [100, 25],
            "offset": [0, 37],
        },
    }


def test_what_is_measured_after_a_heatmap_was_shown_completes_its_row(filled: SqlStore) -> None:
    agreement = Agreement(0.72, "draws", 3, 0.2)
    with filled.write() as tx:
        tx.explanations.add(WHOLE)
        tx.explanations.note_agreement("e1", agreement)
        tx.explanations.note_agreement("gone", agreement)
    with filled.read() as tx:
        assert tx.explanations.get("e1") == replace(WHOLE, agreement=agreement)


def test_a_row_of_an_earlier_version_is_read_as_far_as_it_goes(filled: SqlStore) -> None:
    with filled.write() as tx:
        tx.explanations.add(WHOLE)
    with filled.engine.begin() as connection:
        facts = connection.scalar(select(ExplanationEntry.facts)) or {}
        for name in ("measuring_seconds", "peak", "outside_body", "agreement"):
            del facts[name]
        older = facts | {"faithfulness": {"insertion_auc": 0.6}}
        connection.execute(ExplanationEntry.__table__.update().values(facts=older))  # type: ignore[attr-defined]
    with filled.read() as tx:
        result = tx.explanations.get("e1")
    assert result == replace(
        WHOLE, faithfulness=None, measuring_seconds=0.0, peak=None, outside_body=None
    )


def test_of_a_refused_image_the_row_has_the_distance_and_nothing_else(filled: SqlStore) -> None:
    unlike = refused()
    # What names a class is withheld, whoever hands it over.
    leaky = replace(
        unlike,
        label="sick",
        probabilities={"well": 0.25, "sick": 0.75},
        logits={"well": 0.0, "sick": 1.0},
        matches=(PrototypeMatch("p00", "sick", 0.5, 2.5),),
    )
    with filled.write() as tx:
        tx.predictions.save(
            "c1", frame=0, model="m", prediction=leaky, negative_class="well", now=START
        )
    with filled.read() as tx:
        result = tx.predictions.get("c1", frame=0, model="m")
    assert result == replace(unlike, matches=(PrototypeMatch("p00", "sick", 0.5, 0.0),))
    with filled.engine.connect() as connection:
        (row,) = connection.execute(select(PredictionEntry.__table__)).mappings()  # type: ignore[arg-type]
    assert (row["label"], row["probability"], row["finding_probability"]) == (None, None, None)
    assert (row["support"], row["support_distance"], row["support_threshold"]) == (
        "outside",
        41.5,
        18.25,
    )
    assert row["result"]["probabilities"] == row["result"]["logits"] == {}


def test_a_prediction_without_a_gate_is_stored_as_before(filled: SqlStore) -> None:
    with filled.write() as tx:
        tx.predictions.save(
            "c1", frame=0, model="m", prediction=predicted(0.75), negative_class="well", now=START
        )
    with filled.read() as tx:
        assert tx.predictions.get("c1", frame=0, model="m") == predicted(0.75)
    with filled.engine.connect() as connection:
        (row,) = connection.execute(select(PredictionEntry.__table__)).mappings()  # type: ignore[arg-type]
    assert "support" not in row["result"] and row["support"] is None
    assert (row["label"], row["finding_probability"]) == ("sick", 0.75)


MAPS = DrawnMaps(
    "3" * 64,
    ("class:well", "class:sick", "prototype:p00"),
    GridPlacement((80, 20), 100, (100, 25), (0, 37)),
    (0.25, 0.5, 0.0),
)


def test_maps_are_kept_with_their_prediction_and_go_with_its_case(filled: SqlStore) -> None:
    with filled.write() as tx:
        tx.predictions.save(
            "c1",
            frame=0,
            model="m",
            prediction=predicted(0.75),
            negative_class="well",
            now=START,
            maps=MAPS,
        )
    with filled.read() as tx:
        assert tx.predictions.maps("c1", frame=0, model="m") == MAPS
        assert tx.predictions.maps("c1", frame=1, model="m") is None
        assert tx.blob_in_use(MAPS.key) and MAPS.key in tx.named_blobs()
    with filled.write() as tx:
        assert MAPS.key in tx.cases.delete("c1")
        assert not tx.blob_in_use(MAPS.key)


@pytest.mark.parametrize("kept", [None, MAPS])
def test_of_a_refused_image_and_without_a_mask_reader_there_are_no_maps(
    filled: SqlStore, kept: DrawnMaps | None
) -> None:
    prediction = predicted(0.75) if kept is None else refused()
    with filled.write() as tx:
        tx.predictions.save(
            "c1",
            frame=0,
            model="m",
            prediction=prediction,
            negative_class="well",
            now=START,
            maps=kept,
        )
    with filled.read() as tx:
        assert tx.predictions.maps("c1", frame=0, model="m") is None
    with filled.engine.connect() as connection:
        columns = (PredictionEntry.maps_key, PredictionEntry.maps.is_(None))
        assert connection.execute(select(*columns)).all() == [(None, True)]
