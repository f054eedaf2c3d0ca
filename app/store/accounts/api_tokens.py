"""Tokens of programs; what is kept of one is its hash."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.domain.accounts.account import Account
from app.domain.accounts.api_tokens import ApiToken
from app.domain.errors import NotFound
from app.store.accounts.accounts import account_of
from app.store.accounts.rows import AccountEntry, ApiTokenEntry


class ApiTokens:
    """The tokens' table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: ApiToken, *, key: str) -> None:
        """Keep a token by its hash."""
        self._session.add(
            ApiTokenEntry(
                key=key,
                id=new.token_id,
                title=new.title,
                account_id=new.account_id,
                created_at=new.created_at,
                expires_at=new.expires_at,
                used_at=None,
            )
        )
        self._session.flush()

    def all(self) -> tuple[ApiToken, ...]:
        """Every token, the oldest first, those that are over too."""
        query = (
            select(ApiTokenEntry, AccountEntry.name)
            .outerjoin(AccountEntry, AccountEntry.id == ApiTokenEntry.account_id)
            .order_by(ApiTokenEntry.created_at, ApiTokenEntry.id)
        )
        return tuple(_token(entry, name or "") for entry, name in self._session.execute(query))

    def with_key(self, key: str) -> tuple[ApiToken, Account | None] | None:
        """The token of a hash, with the account that it is of."""
        query = (
            select(ApiTokenEntry, AccountEntry)
            .outerjoin(AccountEntry, AccountEntry.id == ApiTokenEntry.account_id)
            .where(ApiTokenEntry.key == key)
        )
        found = self._session.execute(query).first()
        if found is None:
            return None
        entry, account = found
        return _token(entry, account.name if account else ""), (
            account_of(account) if account else None
        )

    def use(self, token_id: str, now: datetime) -> None:
        """Note that a program came by it."""
        self._session.execute(
            update(ApiTokenEntry).where(ApiTokenEntry.id == token_id).values(used_at=now)
        )

    def remove(self, token_id: str) -> None:
        """Make a token worthless.

        Raises:
            NotFound: there is none of this id.
        """
        query = (
            delete(ApiTokenEntry).where(ApiTokenEntry.id == token_id).returning(ApiTokenEntry.id)
        )
        if self._session.scalar(query) is None:
            raise NotFound(f"There is no token “{token_id}”. List them: python -m app tokens list")


def _token(entry: ApiTokenEntry, owner: str) -> ApiToken:
    return ApiToken(
        token_id=entry.id,
        title=entry.title,
        account_id=entry.account_id,
        owner=owner,
        created_at=entry.created_at,
        expires_at=entry.expires_at,
        used_at=entry.used_at,
    )
