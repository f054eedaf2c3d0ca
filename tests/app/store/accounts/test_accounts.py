"""Accounts in the database."""

import pytest

from app.domain.accounts.account import Account
from app.domain.errors import Refused
from app.store.sql_store import SqlStore
from tests.app.store.databases import NOW


def test_an_account_comes_back_as_it_was_added_and_no_two_have_one_name(database_url: str) -> None:
    store = SqlStore(database_url)
    new = Account("a1", "ann", frozenset({"lead", "reader"}), False, NOW, False, "issuer|7")
    with store.write() as tx:
        assert not tx.accounts.any()
        tx.accounts.add(new)
    with store.read() as tx:
        assert tx.accounts.all() == (new,) and tx.accounts.any()
        assert tx.accounts.get("a1") == tx.accounts.named("ann") == new
        assert tx.accounts.with_subject("issuer|7") == new
        assert tx.accounts.with_subject("issuer|8") is None
        assert tx.accounts.password("ann") == ("a1", None)
    with pytest.raises(Refused, match="already"), store.write() as tx:
        tx.accounts.add(Account("a2", "ann", frozenset({"lead"}), False, NOW, False))
    store.close()
