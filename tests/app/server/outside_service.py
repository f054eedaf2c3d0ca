"""A sign-in service on a port of this machine, and a person who signs in there."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import requests

from app.domain.accounts.outside import OutsideSignIn

ROLES = (("readers", "reader"), ("leads", "lead"))


@contextmanager
def running_service(**people: list[str]) -> Iterator[OutsideSignIn]:
    """The service with these people and their groups; yields the settings to ask it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses parts of Authlib that are to go
        from oidc_provider_mock import User, run_server_in_thread

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        users = [
            User(sub=name, claims={"preferred_username": name.title(), "groups": groups})
            for name, groups in people.items()
        ]
        with run_server_in_thread(user_claims=users, require_nonce=True) as server:
            yield OutsideSignIn(f"http://localhost:{server.server_port}", "review", "secret", ROLES)


def agree(address: str, name: str) -> dict[str, str]:
    """Sign in there; returns what the browser brings back."""
    answer = requests.post(address, data={"sub": name}, allow_redirects=False, timeout=10)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
