"""What a site says of the DICOM objects that leave it: for whom they are, and who may verify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.domain.errors import Refused

LONGEST = 64  # characters: VR LO, and a component group of VR PN (PS3.5 6.2)


@dataclass(frozen=True)
class DicomSite:
    """Of whom a signed report counts as verified, and for which organisation; nobody by default."""

    organisation: str = ""
    """Where the reports are made (DPROTONET_ORGANISATION)."""
    verifiers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Reader, as signatures keep the name, to the name that a report gives: Family^Given
    (DPROTONET_VERIFIERS)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "verifiers", MappingProxyType(dict(self.verifiers)))
        if len(self.organisation) > LONGEST or not _is_plain(self.organisation):
            raise Refused(
                f"DPROTONET_ORGANISATION is no name of at most {LONGEST} characters. Shorten it."
            )
        if self.verifiers and not self.organisation:
            raise Refused(
                "DPROTONET_VERIFIERS names who verifies reports, and DPROTONET_ORGANISATION is "
                "missing. Give the organisation that they verify for."
            )
        for reader, name in self.verifiers.items():
            is_name = 0 < len(name) <= LONGEST and "^" in name and "=" not in name
            if not reader or not is_name or not _is_plain(name):
                raise Refused(
                    f"DPROTONET_VERIFIERS has “{reader}={name}”, which names nobody. Give "
                    "reader=Family^Given, with semicolons between several."
                )

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> DicomSite:
        """As the environment says.

        Raises:
            Refused: one value cannot be used; the sentence names the variable.
        """
        verifiers = {}
        for part in env.get("DPROTONET_VERIFIERS", "").split(";"):
            reader, _, name = (text.strip() for text in part.partition("="))
            if reader or name:
                verifiers[reader] = name
        return cls(env.get("DPROTONET_ORGANISATION", "").strip(), verifiers)


def _is_plain(text: str) -> bool:
    return text.isprintable() and "\\" not in text
