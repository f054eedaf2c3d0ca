"""Sign-in by OpenID Connect: the authorisation code flow with state, nonce and PKCE.

OpenID Connect Core 1.0, section 3.1; RFC 7636. Of the claims only subject, name and groups are
used, and none is put into a cookie.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.domain.accounts.account import SignInRefused
from app.domain.accounts.outside import OutsideSignIn

log = logging.getLogger(__name__)
TIMEOUT = 10.0  # seconds for an answer of the service
KNOWN_FOR = 3600.0  # seconds after which the service is asked again where its parts are
LEEWAY = 60  # seconds by which its clock may differ
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
NOT_CONFIRMED = "The sign-in service did not confirm who you are. Try again."


@dataclass(frozen=True)
class Attempt:
    """One sign-in that has begun; the browser keeps it, signed, until it comes back."""

    state: str
    nonce: str
    verifier: str
    target: str
    """Where the browser wanted to go."""

    def to_text(self) -> str:
        """For the cookie."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str | None) -> Attempt:
        """Out of the cookie.

        Raises:
            SignInRefused: there is none.
        """
        if text is None:
            raise SignInRefused("The sign-in took too long. Begin again.")
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Person:
    """Who it is, as the service says."""

    subject: str
    name: str
    groups: tuple[str, ...]


class Provider:
    """The service, asked through Authlib; safe to use from many threads."""

    def __init__(self, outside: OutsideSignIn, *, redirect: str) -> None:
        """Set up.

        Args:
            outside: the settings.
            redirect: where the service sends the browser back to.
        """
        self.outside = outside
        self.redirect = redirect
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any], dict[str, Any]] | None = None

    def begin(self, target: str) -> tuple[str, Attempt]:
        """Where the browser goes to, and what to keep until it is back.

        Raises:
            SignInRefused: the service cannot be reached.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        try:
            metadata, _ = self._metadata()
            with self._session() as session:
                address, _ = session.create_authorization_url(
                    metadata["authorization_endpoint"],
                    state=state,
                    nonce=nonce,
                    code_verifier=verifier,
                )
        except Exception as error:
            raise _refusal(error) from error
        return address, Attempt(state, nonce, verifier, target)

    def finish(self, attempt: Attempt, given: Mapping[str, str]) -> Person:
        """Who came back, out of what the browser brought.

        Raises:
            SignInRefused: it is not the answer to this attempt, or the service says no.
        """
        if not hmac.compare_digest(attempt.state.encode(), given.get("state", "").encode()):
            raise SignInRefused(NOT_CONFIRMED)
        if "error" in given or not given.get("code"):
            raise SignInRefused("You were not signed in by the sign-in service. Try again.")
        try:
            return self._person(attempt, given["code"])
        except Exception as error:
            raise _refusal(error) from error

    def _person(self, attempt: Attempt, code: str) -> Person:
        metadata, keys = self._metadata()
        with self._session() as session:
            token = session.fetch_token(
                metadata["token_endpoint"],
                code=code,
                code_verifier=attempt.verifier,
                timeout=TIMEOUT,
            )
            claims = self._claims(token["id_token"], keys, attempt.nonce)
            if self.outside.groups_claim not in claims and "userinfo_endpoint" in metadata:
                more = _json(session.get(metadata["userinfo_endpoint"], timeout=TIMEOUT))
                if more.get("sub") != claims["sub"]:
                    raise ValueError("the service speaks of two persons")
                claims = {**more, **claims}
        groups = claims.get(self.outside.groups_claim, ())
        if isinstance(groups, str):
            groups = [groups]
        subject = str(claims["sub"])
        name = claims.get("preferred_username") or claims.get("email") or subject
        return Person(subject, str(name), tuple(str(group) for group in groups))

    def _claims(self, id_token: str, keys: Any, nonce: str) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.jwk import KeySet

        # The service signs by a key of its own; "none" and shared secrets are not among these.
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": self.outside.issuer},
                "aud": {"essential": True, "value": self.outside.client_id},
            },
            params={"nonce": nonce, "client_id": self.outside.client_id},
        )
        claims.validate(leeway=LEEWAY)
        return dict(claims)

    def _metadata(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Where the parts of the service are (Discovery 1.0, section 4), and its keys."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > KNOWN_FOR:
                with self._session() as session:
                    well_known = f"{self.outside.issuer.rstrip('/')}/.well-known/"
                    metadata = _json(
                        session.get(
                            f"{well_known}openid-configuration",
                            timeout=TIMEOUT,
                            withhold_token=True,
                        )
                    )
                    if metadata["issuer"] != self.outside.issuer:
                        raise ValueError("the service calls itself by another name")
                    keys = _json(
                        session.get(metadata["jwks_uri"], timeout=TIMEOUT, withhold_token=True)
                    )
                self._known = (time.monotonic(), metadata, keys)
            return self._known[1], self._known[2]

    def _session(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self.outside.client_id,
            self.outside.client_secret,
            scope=self.outside.scopes,
            redirect_uri=self.redirect,
            code_challenge_method="S256",
        )


def _json(answer: Any) -> dict[str, Any]:
    answer.raise_for_status()
    document = answer.json()
    if not isinstance(document, dict):
        raise ValueError("the service answers in a way that is not understood")
    return document


def _refusal(error: Exception) -> SignInRefused:
    from requests import ConnectionError, Timeout

    if isinstance(error, SignInRefused):
        return error
    # The kind alone: texts of these errors may name the person.
    log.warning("sign-in by the outside service failed: %s", type(error).__name__)
    if isinstance(error, ConnectionError | Timeout):
        return SignInRefused("The sign-in service cannot be reached. Try again later.")
    return SignInRefused(NOT_CONFIRMED)
