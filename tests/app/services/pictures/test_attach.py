"""Pictures are found by hash, the needed ones kept, and nothing else."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.services import galleries, jobs
from app.services.pictures import attach, folder_job
from app.services.pictures.attach import FolderSearch
from app.services.workplace import Workplace
from dprotonet.bundle.gallery import GalleryEntry
from tests.app.services.pictures.bare_models import DIGEST, ENTRIES, FILES, OneBundle
from tests.app.services.workplaces import png


def kept(workplace: Workplace) -> set[str]:
    folder = workplace.settings.galleries
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def expected(*entries: GalleryEntry) -> set[str]:
    return {f"{DIGEST}/{e.prototype}-{e.image_sha256[:16]}.png" for e in entries}


def packed(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_a_zip_gives_the_pictures_whatever_its_files_are_called(workplace: Workplace) -> None:
    data = packed(a=FILES["film_2"], b=FILES["film_1"], notes=b"text", c=FILES["film_0"])
    result = attach.attach_uploads(workplace, DIGEST, [("set.zip", data)])
    assert (result.found, result.wanted) == (2, 2)
    assert kept(workplace) == expected(*ENTRIES)
    path = galleries.picture(workplace, DIGEST, prototype="p02", number=0)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_what_is_missing_is_counted_and_what_was_found_stays(workplace: Workplace) -> None:
    first = attach.attach_uploads(workplace, DIGEST, [("x.png", FILES["film_1"])])
    assert (first.found, first.wanted, first.looked_at) == (1, 2, 1)
    assert kept(workplace) == expected(*ENTRIES[1:])
    second = attach.attach_uploads(workplace, DIGEST, [("y.png", FILES["film_0"])])
    assert second.found == second.wanted == 2


def test_a_file_that_was_changed_is_another_file(workplace: Workplace) -> None:
    result = attach.attach_uploads(workplace, DIGEST, [("film_0.png", FILES["film_0"] + b"\0")])
    assert result.found == 0
    assert kept(workplace) == set()


def test_nothing_of_an_upload_is_left_beside_the_pictures(workplace: Workplace) -> None:
    data = packed(a=FILES["film_2"], b=FILES["film_1"])
    attach.attach_uploads(workplace, DIGEST, [("set.zip", data)])
    assert list(workplace.blobs.all_keys()) == []
    assert not [p for p in workplace.settings.blobs.rglob("*") if p.is_file()]


def test_a_folder_is_searched_by_hash_and_the_likely_names_come_first(
    workplace: Workplace,
) -> None:
    root = workplace.settings.folders[0]
    for number in range(20):
        (root / f"a{number:02}.png").write_bytes(png(number, level=10))
    (root / "deep").mkdir()
    (root / "deep" / "film_0.png").write_bytes(FILES["film_0"])
    (root / "deep" / "film_1.png").write_bytes(FILES["film_1"])
    search = FolderSearch(workplace, DIGEST, root)
    result = search.step(60.0)
    assert (result.found, result.is_over, result.looked_at, result.total) == (2, True, 2, 22)
    assert kept(workplace) == expected(*ENTRIES)


def test_a_folder_with_other_names_is_compared_whole(workplace: Workplace) -> None:
    root = workplace.settings.folders[0]
    (root / "x.png").write_bytes(FILES["film_1"])
    (root / "y.txt").write_bytes(b"no image")
    result = FolderSearch(workplace, DIGEST, root).step(60.0)
    assert (result.found, result.looked_at, result.is_over) == (1, 2, True)


def test_a_search_goes_on_where_it_was(workplace: Workplace) -> None:
    root = workplace.settings.folders[0]
    for number in range(5):
        (root / f"a{number}.png").write_bytes(png(number, level=10))
    search = FolderSearch(workplace, DIGEST, root)
    assert search.step(0.0).is_over is False
    states = []
    while not search.state.is_over and len(states) < 20:
        states.append(search.step(0.0).looked_at)
    assert states == sorted(states)
    assert states[-1] == 5


def test_only_allowed_folders_are_searched_and_links_are_not_followed(
    workplace: Workplace, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "film_0.png").write_bytes(FILES["film_0"])
    with pytest.raises(Refused):
        FolderSearch(workplace, DIGEST, secret)
    root = workplace.settings.folders[0]
    (root / "film_0.png").symlink_to(secret / "film_0.png")
    assert FolderSearch(workplace, DIGEST, root).step(60.0).found == 0


def test_a_file_over_the_limit_is_left_out(workplace: Workplace) -> None:
    small = replace(workplace, settings=replace(workplace.settings, file_bytes=10))
    root = small.settings.folders[0]
    (root / "film_0.png").write_bytes(FILES["film_0"])
    assert FolderSearch(small, DIGEST, root).step(60.0).found == 0


def test_a_source_that_cannot_be_decoded_is_named(workplace: Workplace) -> None:
    broken = FILES["film_0"][:60]
    entry = replace(ENTRIES[0], image_sha256=hashlib.sha256(broken).hexdigest())
    changed = replace(workplace, models=OneBundle((entry,)))  # type: ignore[arg-type]
    result = attach.attach_uploads(changed, DIGEST, [("x.png", broken)])
    assert result.found == 0
    assert result.problems[0].startswith("film_0: ")


def test_a_bundle_cannot_lead_out_of_the_folder(workplace: Workplace) -> None:
    entry = replace(ENTRIES[0], image_sha256="/../../../evil")
    path = galleries.attached_path(workplace, DIGEST, entry)
    assert path.parent == workplace.settings.galleries / DIGEST


def test_attached_pictures_can_be_removed(workplace: Workplace) -> None:
    attach.attach_uploads(workplace, DIGEST, [("x.png", FILES["film_1"])])
    assert attach.attached(workplace, DIGEST) == 2
    assert attach.detach(workplace, DIGEST) == 0
    assert kept(workplace) == set() and attach.attached(workplace, DIGEST) == 0


def test_pictures_are_not_removed_while_a_folder_is_searched(workplace: Workplace) -> None:
    attach.attach_uploads(workplace, DIGEST, [("x.png", FILES["film_1"])])
    search = folder_job.start(workplace, DIGEST, workplace.settings.folders[0])
    with pytest.raises(Refused, match="Cancel that first"):
        attach.detach(workplace, DIGEST)
    assert kept(workplace) == expected(*ENTRIES[1:])
    jobs.cancel(workplace, search.job_id)
    assert attach.detach(workplace, DIGEST) == 0
    assert folder_job.newest(workplace, DIGEST) is None
