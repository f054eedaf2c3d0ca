"""Orphans lie by the day they were put aside, and nothing else counts as one."""

from pathlib import Path

from app.store.files.orphans import Orphans
from app.store.files.stores.folder import FolderFiles


def test_the_oldest_come_first_and_only_keys_below_a_day_count(tmp_path: Path) -> None:
    orphans = Orphans(FolderFiles(), str(tmp_path / "orphans"))
    assert orphans.all() == []
    for key, day in (("b" * 64, "2026-03-02"), ("a" * 64, "2026-03-02"), ("c" * 64, "2026-03-01")):
        path = tmp_path / key
        path.write_bytes(b"12345")
        orphans.add(str(path), key, day=day)
        assert not path.exists()
    (tmp_path / "orphans" / "2026-03-02" / "note.txt").write_text("not an orphan")
    listed = orphans.all()
    assert [(orphan.day, orphan.key[0], orphan.size) for orphan in listed] == [
        ("2026-03-01", "c", 5),
        ("2026-03-02", "a", 5),
        ("2026-03-02", "b", 5),
    ]
    orphans.delete(listed[0])
    orphans.delete(listed[0])
    assert orphans.all() == listed[1:]
