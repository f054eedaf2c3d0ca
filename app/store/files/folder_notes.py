"""What lies written in the folder of blobs itself: of which database it is, and under which key."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress

from app.store.errors import readable_errors
from app.store.files.sealing import NO_KEY, SealKey
from app.store.files.secret_keys import WrongKey
from app.store.files.stores.face import FileStore

IDENTITY = "identity.txt"  # not a hidden name: it is copied with the other files of the folder
SEALED = "sealed.txt"  # which key new files are sealed with; absent where they are not


class FolderNotes:
    """The notes of one folder.

    Args:
        store: where it lies.
        root: the folder.
        staging: where a note is written before it takes its name.
        key: new files are sealed with it; None: they are kept as they are.
        keys: all that files may be sealed with.
    """

    def __init__(
        self,
        store: FileStore,
        root: str,
        staging: str,
        *,
        key: SealKey | None,
        keys: Sequence[SealKey],
    ) -> None:
        self._store, self._root, self._staging = store, root, staging
        self._key, self._keys = key, keys

    def identity(self) -> str:
        """The id that binds this folder to a database; empty before it was bound."""
        try:
            with readable_errors():
                return self._store.read(f"{self._root}/{IDENTITY}").decode("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return ""

    def set_identity(self, value: str) -> None:
        """Bind this folder to the database with this id."""
        with readable_errors():
            self._write(IDENTITY, value)

    def check_key(self) -> None:
        """Refuse to go on without the key that files are sealed with; a first key is noted.

        Raises:
            WrongKey: with what to do.
        """
        noted = ""
        with readable_errors(), suppress(FileNotFoundError):
            noted = self._store.read(f"{self._root}/{SEALED}").decode("ascii", "replace").strip()
        self.check_sealed_with(noted)
        if self._key is not None and not noted:
            self.note_key()

    def check_sealed_with(self, noted: str) -> None:
        """Refuse files that are sealed with a key which is not named.

        Args:
            noted: what :data:`SEALED` says of them; empty where they are not sealed.

        Raises:
            WrongKey: with what to do.
        """
        if noted and noted not in {key.id.hex() for key in self._keys}:
            raise WrongKey(NO_KEY)

    def note_key(self) -> None:
        """Note which key all files are sealed with from now on."""
        path = f"{self._root}/{SEALED}"
        with readable_errors():
            if self._key is not None:
                self._write(SEALED, self._key.id.hex())
            else:
                self._store.delete(path)

    def _write(self, name: str, value: str) -> None:
        staged = f"{self._staging}/{uuid.uuid4().hex}"
        with self._store.writing(staged) as file:
            file.write(f"{value}\n".encode("ascii"))
        self._store.move(staged, f"{self._root}/{name}")
