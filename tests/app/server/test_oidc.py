"""OpenID Connect against a service of this machine: what is asked, and which answers are taken."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.errors import JoseError

from app.domain.accounts.account import SignInRefused
from app.domain.accounts.outside import OutsideSignIn
from app.server.oidc import NOT_CONFIRMED, Attempt, Person, Provider
from tests.app.server.outside_service import agree, running_service

BACK = "http://localhost:8501/sign-in/oidc/callback"


@pytest.fixture(scope="module")
def service() -> Iterator[OutsideSignIn]:
    with running_service(zoe=["readers", "gardeners"]) as running:
        yield running


@pytest.fixture
def provider(service: OutsideSignIn) -> Provider:
    return Provider(service, redirect=BACK)


def test_a_person_comes_with_subject_name_and_groups(provider: Provider) -> None:
    address, attempt = provider.begin("/batch")
    brought = agree(address, "zoe")
    assert provider.finish(attempt, brought) == Person("zoe", "Zoe", ("readers", "gardeners"))
    assert Attempt.from_text(attempt.to_text()) == attempt
    with pytest.raises(SignInRefused):
        provider.finish(attempt, brought)  # a code is good once


def test_the_question_carries_state_nonce_and_the_verifiers_hash(provider: Provider) -> None:
    address, attempt = provider.begin("/")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert asked["code_challenge_method"] == "S256" and attempt.verifier not in address
    assert (asked["state"], asked["nonce"]) == (attempt.state, attempt.nonce)
    assert (asked["redirect_uri"], asked["response_type"]) == (BACK, "code")
    assert len({attempt.state, attempt.nonce, attempt.verifier}) == 3


def test_the_verifier_goes_with_the_code(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from authlib.integrations.requests_client import OAuth2Session

    sent = []
    fetch = OAuth2Session.fetch_token

    def noted(session: OAuth2Session, *args: object, **named: object) -> object:
        sent.append(named["code_verifier"])
        return fetch(session, *args, **named)

    monkeypatch.setattr(OAuth2Session, "fetch_token", noted)
    address, attempt = provider.begin("/")
    provider.finish(attempt, agree(address, "zoe"))
    assert sent == [attempt.verifier]


@pytest.mark.parametrize("what", ["state", "nonce"])
def test_an_answer_to_another_attempt_is_refused(provider: Provider, what: str) -> None:
    address, attempt = provider.begin("/")
    brought = agree(address, "zoe")
    _, other = provider.begin("/")
    with pytest.raises(SignInRefused, match="did not confirm"):
        provider.finish(replace(attempt, **{what: getattr(other, what)}), brought)


def test_a_token_for_another_program_or_of_another_service_is_refused(
    service: OutsideSignIn,
) -> None:
    for wrong in ({"client_id": "another"}, {"issuer": "https://id.example"}):
        provider = Provider(service, redirect=BACK)
        address, attempt = provider.begin("/")
        brought = agree(address, "zoe")
        token = _raw_token(provider, attempt, brought["code"])
        _, keys = provider._metadata()
        assert provider._claims(token, keys, attempt.nonce)["sub"] == "zoe"
        provider.outside = replace(service, **wrong)
        with pytest.raises(Exception, match=r"aud|iss"):
            provider._claims(token, keys, attempt.nonce)


def test_an_unsigned_or_altered_token_is_refused(provider: Provider) -> None:
    address, attempt = provider.begin("/")
    token = _raw_token(provider, attempt, agree(address, "zoe")["code"])
    head, body, signature = token.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    _, keys = provider._metadata()
    for forged in (f"{unsigned}.{body}.", f"{head}.{body[:-2]}AA.{signature}", f"{head}.{body}."):
        with pytest.raises((JoseError, ValueError)):
            provider._claims(forged, keys, attempt.nonce)


def test_whoever_says_no_there_is_not_signed_in(provider: Provider) -> None:
    _, attempt = provider.begin("/")
    with pytest.raises(SignInRefused, match="not signed in by"):
        provider.finish(attempt, {"state": attempt.state, "error": "access_denied"})
    with pytest.raises(SignInRefused):
        provider.finish(attempt, {})
    with pytest.raises(SignInRefused, match="took too long"):
        Attempt.from_text(None)


def test_a_service_that_is_gone_or_calls_itself_otherwise_is_a_sentence(
    service: OutsideSignIn,
) -> None:
    gone = Provider(replace(service, issuer="http://localhost:1"), redirect=BACK)
    with pytest.raises(SignInRefused, match="cannot be reached"):
        gone.begin("/")
    other = Provider(replace(service, issuer=f"{service.issuer}/"), redirect=BACK)
    with pytest.raises(SignInRefused) as refused:
        other.begin("/")
    assert str(refused.value) == NOT_CONFIRMED


def _raw_token(provider: Provider, attempt: Attempt, code: str) -> str:
    metadata, _ = provider._metadata()
    with provider._session() as session:
        token = session.fetch_token(
            metadata["token_endpoint"], code=code, code_verifier=attempt.verifier
        )
    return str(token["id_token"])
