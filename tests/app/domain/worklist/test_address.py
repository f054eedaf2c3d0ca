"""A list can be kept and passed on as an address."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.annotations import VERDICTS
from app.domain.cases import ORDERS, STATUSES, CaseFilters
from app.domain.worklist.address import LONGEST, NAMES, from_address, to_address
from app.domain.worklist.disagreement import DISAGREEMENTS

DAYS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(
    lambda moment: datetime(moment.year, moment.month, moment.day).astimezone()
)
TEXTS = st.text(min_size=1, max_size=20)
FILTERS = st.builds(
    CaseFilters,
    **{name: st.none() | TEXTS for name in ("label", "model", "modality", "view", "batch")},
    text=st.just("") | TEXTS,
    status=st.none() | st.sampled_from(STATUSES),
    verdict=st.none() | st.sampled_from(VERDICTS),
    disagreement=st.none() | st.sampled_from(DISAGREEMENTS),
    order=st.sampled_from(ORDERS),
    since=st.none() | DAYS,
    until=st.none() | DAYS,
)


@given(filters=FILTERS)
def test_an_address_gives_the_filters_that_it_was_made_of(filters: CaseFilters) -> None:
    address = to_address(filters)
    assert from_address(address) == filters and address.keys() <= NAMES


def test_the_plain_list_has_a_plain_address_and_the_last_day_is_included() -> None:
    assert to_address(CaseFilters()) == {}
    filters = from_address({"since": "2026-03-01", "until": "2026-03-01"})
    assert filters.since is not None and filters.until is not None
    assert filters.until.date() - filters.since.date() == timedelta(days=1)


def test_what_is_no_filter_is_left_aside() -> None:
    typed = {"status": "gone", "order": "; DROP", "since": "yesterday", "until": "9999-12-31"}
    assert from_address({**typed, "case": "c1", "text": "x" * 999}) == CaseFilters(
        text="x" * LONGEST
    )
