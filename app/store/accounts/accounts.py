"""Accounts, and the links by which they get a password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.accounts.account import Account, roles_of
from app.domain.actors import Role
from app.domain.errors import NotFound, Refused
from app.store.accounts.rows import AccountEntry, LinkEntry


class Accounts:
    """The accounts' tables inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Account) -> None:
        """Add an account without a password.

        Raises:
            Refused: there is one of this name.
        """
        self._session.add(
            AccountEntry(
                id=new.account_id,
                name=new.name,
                roles=sorted(new.roles),
                password=None,
                subject=new.subject,
                is_disabled=new.is_disabled,
                created_at=new.created_at,
            )
        )
        try:
            self._session.flush()
        except IntegrityError:
            raise Refused(f"There is a user “{new.name}” already. Give another name.") from None

    def all(self, *, locked: bool = False) -> tuple[Account, ...]:
        """Every account, by name; locked: nobody else changes one until this transaction ends."""
        query = select(AccountEntry).order_by(AccountEntry.name)
        if locked:  # on SQLite a writer is alone anyway
            query = query.with_for_update().execution_options(populate_existing=True)
        return tuple(account_of(entry) for entry in self._session.scalars(query))

    def any(self) -> bool:
        """Is there any?"""
        return bool(self._session.scalar(select(func.count()).select_from(AccountEntry)))

    def get(self, account_id: str) -> Account | None:
        """By its id."""
        entry = self._session.get(AccountEntry, account_id)
        return None if entry is None else account_of(entry)

    def named(self, name: str) -> Account:
        """By its name.

        Raises:
            NotFound: there is none.
        """
        entry = self._session.scalar(select(AccountEntry).where(AccountEntry.name == name))
        if entry is None:
            raise NotFound(f"There is no user “{name}”. List them: python -m app users list")
        return account_of(entry)

    def with_subject(self, subject: str) -> Account | None:
        """By issuer and subject of an outside sign-in."""
        query = select(AccountEntry).where(AccountEntry.subject == subject)
        entry = self._session.scalar(query)
        return None if entry is None else account_of(entry)

    def password(self, name: str) -> tuple[str | None, str | None]:
        """Id and hash of an account that is not disabled; None twice without one."""
        query = select(AccountEntry).where(AccountEntry.name == name)
        entry = self._session.scalar(query)
        if entry is None or entry.is_disabled:
            return None, None
        return entry.id, entry.password

    def set_password(self, account_id: str, hashed: str | None) -> None:
        """Keep another hash; None: nobody signs in by a password."""
        self._session.get_one(AccountEntry, account_id).password = hashed
        self._session.flush()

    def set_roles(self, account_id: str, roles: frozenset[Role]) -> None:
        """Give other roles."""
        self._session.get_one(AccountEntry, account_id).roles = sorted(roles)
        self._session.flush()

    def set_disabled(self, account_id: str, is_disabled: bool) -> None:
        """Close or open an account."""
        self._session.get_one(AccountEntry, account_id).is_disabled = is_disabled
        self._session.flush()

    def add_link(self, key: str, account_id: str | None, until: datetime) -> None:
        """Make a link; those of before for the same account are worthless."""
        # SQLAlchemy writes IS NULL for None.
        self._session.execute(delete(LinkEntry).where(LinkEntry.account_id == account_id))
        self._session.add(LinkEntry(key=key, account_id=account_id, until=until))
        self._session.flush()

    def link(self, key: str, now: datetime) -> tuple[str | None] | None:
        """The account of a link that is in time, (None,) for the first administrator's."""
        entry = self._session.get(LinkEntry, key)
        return None if entry is None or entry.until < now else (entry.account_id,)

    def use_link(self, key: str) -> bool:
        """The link is worthless from now on; False: it was already.

        Of two who use it at once, the second waits for the first and gets False.
        """
        query = delete(LinkEntry).where(LinkEntry.key == key).returning(LinkEntry.key)
        return self._session.scalar(query) is not None


def account_of(entry: AccountEntry) -> Account:
    """What a row says."""
    return Account(
        account_id=entry.id,
        name=entry.name,
        roles=roles_of(entry.roles),
        is_disabled=entry.is_disabled,
        created_at=entry.created_at,
        has_password=entry.password is not None,
        subject=entry.subject,
    )
