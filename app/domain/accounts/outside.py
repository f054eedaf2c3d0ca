"""Sign-in by a hospital's own service (OpenID Connect): where it is, and what its groups may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.domain.accounts.account import roles_of
from app.domain.actors import Role
from app.domain.errors import Refused


@dataclass(frozen=True)
class OutsideSignIn:
    """How this program asks the service who somebody is."""

    issuer: str
    """Address of the service, as it names itself (DPROTONET_OIDC_ISSUER)."""
    client_id: str
    """Name of this program there (DPROTONET_OIDC_CLIENT_ID)."""
    client_secret: str = field(repr=False)
    """What proves that it is this program (DPROTONET_OIDC_CLIENT_SECRET)."""
    roles: tuple[tuple[str, Role], ...]
    """Pairs of a group there and the role that it has here (DPROTONET_OIDC_ROLES)."""
    groups_claim: str = "groups"
    """The claim that names somebody's groups (DPROTONET_OIDC_GROUPS_CLAIM)."""
    scopes: str = "openid profile email"
    """What the service is asked for (DPROTONET_OIDC_SCOPES)."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not (parts.scheme == "https" or (parts.scheme == "http" and here)) or not parts.netloc:
            raise Refused(
                f"DPROTONET_OIDC_ISSUER is “{self.issuer}”. Give an address that begins with "
                "https://."
            )
        for name, value in (("CLIENT_ID", self.client_id), ("CLIENT_SECRET", self.client_secret)):
            if not value:
                raise Refused(f"DPROTONET_OIDC_{name} is missing. The sign-in service gives it.")
        if not self.roles:
            raise Refused(
                "DPROTONET_OIDC_ROLES is missing. Give group=role, with commas between several."
            )

    def roles_for(self, groups: Iterable[str]) -> frozenset[Role]:
        """The roles of whoever is in these groups."""
        known = frozenset(groups)
        return frozenset(role for group, role in self.roles if group in known)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> OutsideSignIn | None:
        """As the environment says; None without an issuer.

        Raises:
            Refused: one value cannot be used; the sentence names the variable.
        """

        def given(name: str, default: str = "") -> str:
            return env.get(f"DPROTONET_OIDC_{name}", "").strip() or default

        if not given("ISSUER"):
            return None
        return cls(
            issuer=given("ISSUER"),
            client_id=given("CLIENT_ID"),
            client_secret=given("CLIENT_SECRET"),
            roles=tuple(_pairs(given("ROLES"))),
            groups_claim=given("GROUPS_CLAIM", "groups"),
            scopes=given("SCOPES", "openid profile email"),
        )


def _pairs(text: str) -> Iterable[tuple[str, Role]]:
    for pair in (part.strip() for part in text.split(",") if part.strip()):
        group, _, name = pair.rpartition("=")
        if not group.strip():
            raise Refused(f"DPROTONET_OIDC_ROLES has “{pair}”. Give group=role.")
        for role in roles_of([name.strip()]):
            yield group.strip(), role
