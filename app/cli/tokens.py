"""The commands ``tokens list``, ``add`` and ``revoke``: how programs come in."""

from __future__ import annotations

from app.cli.database import ready_workplace
from app.cli.requests import AddToken, ListTokens, RevokeToken
from app.domain.text import local_time
from app.services.accounts import api_tokens
from app.services.workplace import Workplace
from app.settings import Settings

TokensRequest = ListTokens | AddToken | RevokeToken


def run(settings: Settings, request: TokensRequest) -> int:
    """One command; what it changes holds at once, in a server that runs too."""
    with ready_workplace(settings) as workplace:
        match request:
            case ListTokens():
                _list(workplace)
            case AddToken():
                print("This token is shown once. Whoever has it comes in by it:")
                print(
                    api_tokens.make(workplace, request.title, user=request.user, days=request.days)
                )
            case RevokeToken():
                api_tokens.revoke(workplace, request.token)
                print(f"{request.token}: revoked.")
    return 0


def _list(workplace: Workplace) -> None:
    found = api_tokens.all_tokens(workplace)
    if not found:
        print("There is no token yet. Make one: python -m app tokens add TITLE")
    now = workplace.clock()
    for token in found:
        until = f"until {local_time(token.expires_at)}"
        if token.expires_at <= now:
            until = "over"
        used = f"last used {local_time(token.used_at)}" if token.used_at else "never used"
        owner = f"{token.owner}  " if token.owner else ""
        print(f"{token.token_id}  {owner}{token.title}  {until}  {used}")
