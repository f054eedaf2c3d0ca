"""Files under the paths a person gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Literal

from dprotonet.images.file_names import is_directory

Reason = Literal["link", "barred folder", "special file"]

_SENTENCES: dict[Reason, tuple[str, str, str]] = {
    "link": (
        "One link was left out",
        "{} links were left out",
        "Links inside a folder are not followed: give what they lead to.",
    ),
    "barred folder": (
        "One folder could not be opened",
        "{} folders could not be opened",
        "Ask for the right to read what is in there.",
    ),
    "special file": (
        "One entry that is no regular file was left out",
        "{} entries that are no regular files were left out",
        "Only regular files are read.",
    ),
}
_NAMED = 3  # names in a sentence


@dataclass(frozen=True)
class FoundFile:
    """A file, and its path below the folder that was named, or its bare name if it was named."""

    path: Path
    relative: PurePath


@dataclass
class LeftOut:
    """Counts what a walk leaves out; pass it to :func:`walk`, then take its sentences."""

    counts: dict[Reason, int] = field(default_factory=dict)
    first: dict[Reason, list[str]] = field(default_factory=dict)  # names, the first few

    def __call__(self, path: Path, reason: Reason) -> None:
        """Count one path that was left out."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        names = self.first.setdefault(reason, [])
        if len(names) < _NAMED:
            names.append(path.name)

    def sentences(self, *, named: bool = True) -> list[str]:
        """One remark a reason; ``named``: with the first names as the file system gives them."""
        return [self._sentence(reason, count, named) for reason, count in self.counts.items()]

    def _sentence(self, reason: Reason, count: int, named: bool) -> str:
        one, several, mend = _SENTENCES[reason]
        if not named:
            return f"{one if count == 1 else several.format(f'{count:,}')}. {mend}"
        names = ", ".join(self.first[reason]) + (", …" if count > _NAMED else "")
        return f"{one if count == 1 else several.format(f'{count:,}')} ({names}). {mend}"


def walk(
    paths: Iterable[str | Path], *, left_out: Callable[[Path, Reason], None] | None = None
) -> Iterator[FoundFile]:
    """Every file under the paths, folders in sorted order; nothing is opened.

    A DICOMDIR comes before all else in its folder, since it says what the rest is. Inside a folder,
    hidden files and folders (names with a dot first) and links are left out, as
    is what is neither file nor folder. A path that is named itself is handed on whatever it is, so
    that reading it can say what is wrong with it.

    Args:
        paths: files and folders.
        left_out: called for each link, folder that cannot be listed and special file that the walk
            leaves out; :class:`LeftOut` counts them. Hidden ones are not reported.
    """
    left_out = left_out or _not_reported
    for path in paths:
        root = Path(path)
        if root.is_dir():
            yield from _files_in(root, PurePath(), left_out)
        else:
            yield FoundFile(root, PurePath(root.name))


def _files_in(
    folder: Path, relative: PurePath, left_out: Callable[[Path, Reason], None]
) -> Iterator[FoundFile]:
    try:
        entries = sorted(
            folder.iterdir(), key=lambda entry: (not is_directory(entry.name), entry.name)
        )
    except OSError:  # a folder that may not be listed costs only itself
        left_out(folder, "barred folder")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            left_out(entry, "link")
        elif entry.is_dir():
            yield from _files_in(entry, relative / entry.name, left_out)
        elif entry.is_file():
            yield FoundFile(entry, relative / entry.name)
        else:
            left_out(entry, "special file")


def _not_reported(path: Path, reason: Reason) -> None:
    pass
