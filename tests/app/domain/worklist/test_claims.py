"""A claim holds for its lease and no longer."""

from datetime import UTC, datetime, timedelta

from app.domain.worklist.claims import LEASE, RENEWED_BELOW, Claim

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_claim_holds_until_it_expires_and_is_renewed_before() -> None:
    claim = Claim("c1", "me", NOW, NOW + LEASE)
    assert claim.holds(NOW) and not claim.holds(NOW + LEASE)
    assert claim.is_fresh(NOW)
    late = NOW + LEASE - RENEWED_BELOW
    assert claim.holds(late) and not claim.is_fresh(late)
    assert not claim.is_fresh(NOW + LEASE + timedelta(days=1))
