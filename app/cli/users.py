"""The commands ``users list``, ``add``, ``roles``, ``disable``, ``enable`` and ``reset``."""

from __future__ import annotations

from app.cli.database import ready_workplace
from app.cli.requests import AddUser, DisableUser, ListUsers, ResetUser, SetRoles
from app.domain.accounts.account import LINK_LIFE
from app.services.accounts import users
from app.services.workplace import Workplace
from app.settings import Settings

UsersRequest = ListUsers | AddUser | SetRoles | DisableUser | ResetUser


def run(settings: Settings, request: UsersRequest) -> int:
    """One command; what it changes holds at once, in a server that runs too."""
    with ready_workplace(settings) as workplace:
        match request:
            case ListUsers():
                _list(workplace)
            case AddUser():
                link = users.add(workplace, request.name, roles=request.roles)
                _print_link(settings, request.name, link)
            case ResetUser():
                _print_link(settings, request.name, users.reset(workplace, request.name))
            case SetRoles():
                users.set_roles(workplace, request.name, roles=request.roles)
                print(f"{request.name}: {', '.join(request.roles)}. Signed out everywhere.")
            case DisableUser():
                users.set_disabled(workplace, request.name, request.is_disabled)
                print(f"{request.name}: {'disabled' if request.is_disabled else 'enabled'}.")
    return 0


def _list(workplace: Workplace) -> None:
    everybody = users.all_users(workplace)
    if not everybody:
        print("There is no user yet. Add one: python -m app users add NAME --role admin")
    for user in everybody:
        way = "" if user.has_password or user.subject else "  has set no password yet"
        state = "  disabled" if user.is_disabled else way
        print(f"{user.name}  {', '.join(sorted(user.roles))}{state}")


def _print_link(settings: Settings, name: str, link: str) -> None:
    hours = LINK_LIFE.total_seconds() / 3600
    print(f"{name} sets a password at this address, once and within {hours:.0f} hours:")
    print(users.link_address(link, base=settings.public_address))
