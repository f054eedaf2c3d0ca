"""One byte changed in what is stored: is it found, and does the sentence name where?

    python -m tests.soaks.changed_bytes [--changes 300] [--seed 1] [--json FILE]

A folder with a model, images, signatures and their audit, and a backup of it all. Again and again
one byte is changed, at random, and the program's own checks are asked: an entry of the audit by
``audit verify``, a stored file and a file of a model by ``check``, a file of a backup by
``verify-backup``. A change counts as named where a sentence names the entry or the file; a model's
file, where it names the model. Ends with 1 where a change was not found.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from app import bootstrap
from app.domain.audit.chain import WORDS
from app.services import review
from app.services.audit import verifying
from app.services.storage import backing_up, checking
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.audit import guards
from app.store.backups import checking as backup_checking
from app.store.backups import manifest
from app.store.migrate import upgrade
from dprotonet.errors import ReadableError
from tests.app.services.workplaces import png
from tests.dprotonet.tiny_bundle import make_tiny_bundle

IMAGES = 6
NUMBERS = ("sequence", "version")
Change = Callable[[random.Random], "tuple[bool, bool]"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soaks.changed_bytes", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--changes", type=int, default=300, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = soak(Path(folder), changes=options.changes, seed=options.seed)
    answer = json.dumps(figures, indent=2)
    print(answer)
    if options.json:
        options.json.write_text(answer + "\n", encoding="utf-8")
    return 1 if any(kind.get("not found", 0) for kind in figures.values()) else 0


def soak(folder: Path, *, changes: int, seed: int) -> dict[str, dict[str, int]]:
    """Change bytes of every kind; how often each was named, only found, or not found."""
    settings = Settings(folder / "data", assets=folder / "assets", patients=False)
    make_tiny_bundle(settings.assets / "models" / "toy", ("a", "b"), name="toy", seed=1)
    bootstrap.prepare_data_folder(settings)
    upgrade(settings.store_url, backups=settings.backups, now=datetime.now(UTC))
    chance = random.Random(seed)
    with closing(bootstrap.open_workplace(settings)) as workplace:
        _fill(workplace)
        backup = backing_up.back_up(workplace, folder / "backups").folder
        kinds: dict[str, Change] = {
            "entry of the audit": lambda chance: _change_entry(workplace, chance),
            "stored file": lambda chance: _change_file(
                chance, settings.blobs, lambda: checking.problems(workplace), name=_own_name
            ),
            "file of a model": lambda chance: _change_file(
                chance,
                settings.assets / "models" / "toy",
                lambda: checking.problems(workplace),
                name=lambda path: str(settings.assets / "models" / "toy"),
            ),
            "file of a backup": lambda chance: _change_file(
                chance, backup, lambda: _backup_problems(backup), name=_own_name
            ),
        }
        return {kind: _counted(change, chance, changes) for kind, change in kinds.items()}


def _counted(change: Change, chance: random.Random, changes: int) -> dict[str, int]:
    counts = Counter({"named": 0, "only found": 0, "not found": 0})
    for _ in range(changes):
        is_found, is_named = change(chance)
        counts["named" if is_named else "only found" if is_found else "not found"] += 1
    return dict(counts)


def _fill(workplace: Workplace) -> None:
    for number in range(IMAGES):
        added = intake.add(workplace, png(number), name=f"{number}.png", predict=False)
        assert added.case_id
        review.sign(
            workplace, added.case_id, verdict="supplement", confidence=3, expected_revision=0,
            corrected_label="a", text=f"remark {number}",
        )  # fmt: skip


def _own_name(path: Path) -> str:
    return path.name


def _change_file(
    chance: random.Random,
    folder: Path,
    problems: Callable[[], Iterator[str]],
    *,
    name: Callable[[Path], str],
) -> tuple[bool, bool]:
    """Change one byte of one file, and put it back: was it found, was it named?"""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = chance.choice(files)
    whole = path.read_bytes()
    place = chance.randrange(len(whole))
    changed = whole[:place] + bytes([whole[place] ^ chance.randrange(1, 256)]) + whole[place + 1 :]
    path.write_bytes(changed)
    try:
        said = list(problems())
    finally:
        path.write_bytes(whole)
    return bool(said), any(name(path) in sentence for sentence in said)


def _backup_problems(folder: Path) -> Iterator[str]:
    try:
        told = manifest.read(folder)
    except ReadableError as error:
        yield str(error)
        return
    yield from backup_checking.problems(folder, told)


def _change_entry(workplace: Workplace, chance: random.Random) -> tuple[bool, bool]:
    """The same of one column of one entry, by somebody who may alter the tables."""
    with workplace.store.engine.connect() as connection:
        count = connection.scalar(text("SELECT count(*) FROM audit")) or 0
    sequence = chance.randint(1, count)
    column = chance.choice(list(WORDS))
    with workplace.store.engine.connect() as connection:
        where = {"n": sequence}
        query = text(f"SELECT {column} FROM audit WHERE sequence = :n")
        kept = connection.execute(query, where).scalar_one()
    with _altered(workplace, sequence, column, kept, _other(kept, column, chance)):
        said = verifying.verify(workplace).problems
    named = re.compile(rf"\bEntry {sequence}\b")
    return bool(said), any(named.search(sentence) for sentence in said)


def _other(kept: object, column: str, chance: random.Random) -> object:
    if column in NUMBERS:
        return int(str(kept)) + chance.choice((1000, 2000, 5000))
    letters = str(kept)
    if not letters:
        return "x"
    place = chance.randrange(len(letters))
    return letters[:place] + chr(ord(letters[place]) ^ 1) + letters[place + 1 :]


@contextmanager
def _altered(
    workplace: Workplace, sequence: int, column: str, kept: object, other: object
) -> Iterator[None]:
    """One column says something else for a while; the guards stand again meanwhile."""
    at = other if column == "sequence" else sequence
    _set(workplace, sequence, column, other)
    try:
        yield
    finally:
        _set(workplace, int(str(at)), column, kept)


def _set(workplace: Workplace, sequence: int, column: str, value: object) -> None:
    with workplace.store.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        statement = f"UPDATE audit SET {column} = :value WHERE sequence = :n"
        connection.execute(text(statement), {"value": value, "n": sequence})
        connection.execute(text(guards.create_statements("sqlite")[0]))


if __name__ == "__main__":
    sys.exit(main())
