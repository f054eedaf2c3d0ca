"""Passwords as they are kept."""

import pytest

from app.services.accounts import passwords


def test_a_password_is_right_by_its_own_hash_alone() -> None:
    kept = passwords.hashed("correct horse battery")
    assert kept.startswith("$argon2id$") and "correct" not in kept
    assert passwords.is_right(kept, "correct horse battery")
    assert not passwords.is_right(kept, "correct horse batter")
    assert passwords.hashed("correct horse battery") != kept, "each has its own salt"


def test_without_a_hash_or_with_a_damaged_one_nothing_is_right() -> None:
    assert not passwords.is_right(None, "of no account")
    assert not passwords.is_right("damaged", "damaged")


def test_each_guess_costs_what_the_constants_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MEMORY", 64)
    monkeypatch.setattr(passwords, "PASSES", 2)
    assert "$m=64,t=2,p=1$" in passwords.hashed("correct horse battery")
