"""The key of the pseudonyms: outside the database, and the only way back to a person.

Everything is made of it by HMAC-SHA-256, with a part of its own for each purpose; what must be read
again is sealed by AES-SIV (RFC 5297), which gives the same text for the same input.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from app.settings import Settings
from app.store.files.secret_keys import WrongKey, read_secret, write_secret
from dprotonet.images.deidentify.instructions import Instructions, Survey

_LETTERS = 12  # of a pseudonym: 60 bits, so that a million patients do not meet
_NEAREST, _FARTHEST = 365, 3650  # days that dates are moved back


class PseudonymKey:
    """Pseudonyms, moved dates and sealed notes, by one secret.

    Args:
        secret: 32 bytes.
        kept: elements of a DICOM header that stay, see
            :class:`dprotonet.images.deidentify.instructions.Instructions`.
    """

    def __init__(self, secret: bytes, *, kept: tuple[str, ...] = ()) -> None:
        if len(secret) != 32:
            raise ValueError("a key of pseudonyms has 32 bytes")
        self._secret = secret
        self._kept = kept
        self._siv = AESSIV(self._mac("seal, first half", "") + self._mac("seal, second half", ""))

    @property
    def fingerprint(self) -> str:
        """Tells keys apart and gives nothing of this one away."""
        return self._mac("fingerprint", "").hex()[:32]

    def instructions(self, survey: Survey, *, digest: str) -> Instructions:
        """The pseudonyms of one file.

        Args:
            survey: whom and what it names.
            digest: SHA-256 of its bytes, which stands for the patient where nobody is named.
        """
        person = person_of(survey) or f"file {digest}"
        days = int.from_bytes(self._mac("days", person)[:8], "big") % (_FARTHEST - _NEAREST)
        return Instructions(
            patient=self.patient(person),
            uids={uid: self.uid(uid) for uid in survey.uids},
            shift_days=-_NEAREST - days,
            kept=self._kept,
        )

    def patient(self, person: str) -> str:
        """Such as P-7k2…; ``person`` is what :func:`person_of` gives."""
        return f"P-{self._letters('patient', person)}"

    def uid(self, uid: str) -> str:
        """A unique identifier below 2.25 (PS3.5 B.2), the same for the same study or instance."""
        return f"2.25.{int.from_bytes(self._mac('uid', uid)[:16], 'big')}"

    def restored_uid(self, uid: str) -> str:
        """Of an object that leaves under the person's name: another one than under the pseudonym,
        so that whoever has both cannot lay them side by side by their identifiers."""
        return f"2.25.{int.from_bytes(self._mac('restored uid', uid)[:16], 'big')}"

    def image(self, identity: str) -> str:
        """The part of a file's name that tells it from the patient's others."""
        return self._letters("image", identity)

    def folder(self, path: str) -> str:
        """Such as F-3hq…, for a folder's name or path."""
        return f"F-{self._letters('folder', path)}"

    def unread(self, name: str) -> str:
        """Such as N-9ab…, for a file that could not be read."""
        return f"N-{self._letters('unread', name)}"

    def seal(self, note: Mapping[str, object] | str) -> str:
        """A note that only a holder of this key can read; equal notes give equal texts."""
        data = json.dumps(note, sort_keys=True).encode()
        return base64.urlsafe_b64encode(self._siv.encrypt(data, None)).decode()

    def unseal(self, sealed: str) -> dict[str, object] | str:
        """What :meth:`seal` was given.

        Raises:
            WrongKey: it was sealed by another key, or changed.
        """
        try:
            note = json.loads(self._siv.decrypt(base64.urlsafe_b64decode(sealed), None))
        except (InvalidTag, ValueError):
            raise WrongKey(
                "This note was sealed with another key, or was changed. Give the key that was in "
                "use when the image was taken in."
            ) from None
        return note if isinstance(note, dict) else str(note)

    def _letters(self, purpose: str, text: str) -> str:
        mac = self._mac(purpose, text)
        return base64.b32encode(mac)[:_LETTERS].decode("ascii").lower()

    def _mac(self, purpose: str, text: str) -> bytes:
        part = hmac.digest(self._secret, purpose.encode(), hashlib.sha256)
        return hmac.digest(part, text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def person_of(survey: Survey) -> str:
    """What names one patient in all files: the id with its issuer, else name and birth date, else
    the study; "" where nobody is named. Capitals and blanks do not count."""
    told = {name: " ".join(value.casefold().split()) for name, value in survey.person.items()}
    if told.get("PatientID"):
        return f"id {told['PatientID']} of {told.get('IssuerOfPatientID', '')}"
    if told.get("PatientName"):
        name = told["PatientName"].replace("^", " ").split()
        return f"name {' '.join(name)} born {told.get('PatientBirthDate', '')}"
    return f"study {told['StudyInstanceUID']}" if told.get("StudyInstanceUID") else ""


def load_key(settings: Settings) -> PseudonymKey:
    """The key that DPROTONET_PSEUDONYM_KEY names: a file, or 64 hexadecimal digits.

    Raises:
        WrongKey: there is none, others could read it, or it lies where copies of the data go.
    """
    if not settings.pseudonym_key:
        raise WrongKey(
            "This installation holds patients' images, and there is no key for their pseudonyms. "
            "Make one with: python -m app new-key FILE, outside the data folder, and name the file "
            "in DPROTONET_PSEUDONYM_KEY."
        )
    secret = read_secret(
        settings.pseudonym_key, variable="DPROTONET_PSEUDONYM_KEY", data=settings.data
    )
    return PseudonymKey(secret, kept=settings.kept_tags)


def write_key(path: Path, settings: Settings) -> None:
    """Make a new key in a new file that only this user can read.

    Raises:
        WrongKey: the file exists, cannot be written, or would lie in the data folder.
    """
    write_secret(path, data=settings.data)
