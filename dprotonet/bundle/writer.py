"""Writing a bundle."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change, ChangeKind
from dprotonet.bundle.contents import part_digests
from dprotonet.bundle.digests import file_digest, raw_tensors
from dprotonet.bundle.gallery import GalleryPicture
from dprotonet.bundle.manifest import (
    GALLERY,
    MODEL,
    NEAREST,
    PROTOTYPES,
    READER,
    RESPONSES,
    SOURCE_ROWS,
    SUPPORT,
    Manifest,
    write_json,
    write_manifest,
)
from dprotonet.bundle.parts import BundleParts, FittedReader, FittedSupport
from dprotonet.bundle.reader.file import reader_to_bytes
from dprotonet.bundle.reader.map_figures import MAPS
from dprotonet.bundle.scope import Scope
from dprotonet.bundle.sources.nearest import write_nearest
from dprotonet.bundle.sources.rows import rows_to_bytes
from dprotonet.bundle.staging import beside, check_target, move_in
from dprotonet.bundle.support.file import distance_to_bytes
from dprotonet.bundle.weights import weights_to_bytes
from dprotonet.modeling.digests import json_digest
from dprotonet.prototypes.provenance import PrototypeRecord
from dprotonet.prototypes.responses import Responses

MOST_LISTED = 10
"""Sources of a prototype, the heaviest, that the gallery lists, with a picture or without."""
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def save_bundle(directory: str | Path, parts: BundleParts) -> Bundle:
    """Write a model folder, whole or not at all; a model that stood there is replaced.

    It is written under another name, loaded as a check, and put in its place.

    Args:
        directory: the folder to write.
        parts: what it holds.

    Returns:
        The model as it stands on disk.

    Raises:
        UnusableBundle: the folder holds something else.
        ValueError: a gallery picture is of no source, or is no PNG or JPEG.
    """
    return written_whole(Path(directory), lambda folder: _write(folder, parts))


def written_whole(directory: Path, write: Callable[[Path], None]) -> Bundle:
    """A bundle's folder that is written under another name, loaded as a check, and moved in.

    Args:
        directory: the folder.
        write: fills a folder that has ``gallery`` in it.

    Raises:
        UnusableBundle: the folder holds something else, or what was written cannot be used.
    """
    check_target(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    staged = beside(directory)
    try:
        (staged / "gallery").mkdir(parents=True)
        write(staged)
        Bundle.load(staged)
        move_in(staged, directory)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Bundle.load(directory)


def add_responses(bundle: Bundle, responses: Responses, directory: Path, *, when: str) -> Bundle:
    """The same network with responses, written whole or not at all.

    Args:
        bundle: one that keeps none.
        directory: the bundle's own folder, which is replaced, or another.
        when: date and time in UTC, ISO 8601.

    Raises:
        UnusableBundle: the folder holds something else.
    """
    changes = _one_more(bundle, "responses", when)
    return with_file(bundle, directory, RESPONSES, responses.to_bytes(), changes=changes)


def add_support(bundle: Bundle, support: FittedSupport, scope: Scope | None = None) -> Bundle:
    """Give a bundle a gate, or another one, in its place; everything else stays as it is.

    Args:
        bundle: of a folder that can be written.
        support: fitted with this bundle's network.
        scope: for the card; None leaves the card as it is.

    Returns:
        The bundle as it stands on disk, with another digest.
    """
    card = bundle.card if scope is None else replace(bundle.card, scope=scope)
    data = distance_to_bytes(support.distance)
    return with_file(bundle, bundle.path, SUPPORT, data, card=card, support=support.limits)


def add_reader(
    bundle: Bundle,
    fitted: FittedReader,
    directory: Path,
    *,
    when: str,
    trained: dict[str, Any] | None = None,
    maps: Mapping[str, Any] | None = None,
) -> Bundle:
    """The same network with a mask reader, or with another one, written whole or not at all.

    Args:
        fitted: trained for this bundle's network.
        directory: the bundle's own folder, which is replaced, or another.
        when: date and time in UTC, ISO 8601.
        trained: how it was trained, as JSON values for the card; None leaves that as it is.
        maps: how often its maps held known findings, as JSON values for the card's evaluation;
            empty or None leaves out what the card says of other maps.

    Raises:
        UnusableBundle: the folder holds something else, or the reader is of another network.
    """
    card = bundle.card
    if trained is not None:
        card = replace(card, training={**card.training, "reader": trained})
    others = {key: value for key, value in card.evaluation.items() if key != MAPS}
    card = replace(card, evaluation=others | ({MAPS: dict(maps)} if maps else {}))
    data, changes = reader_to_bytes(fitted.reader), _one_more(bundle, "reader", when)
    return with_file(
        bundle, directory, READER, data, card=card, reader=fitted.facts, changes=changes
    )


def _one_more(bundle: Bundle, kind: ChangeKind, when: str) -> tuple[Change, ...]:
    """The bundle's changes and one that leaves its network as it is."""
    last = bundle.changes[-1:]
    off, required = (last[0].off, last[0].required) if last else ((), ())
    return (*bundle.changes, Change(kind, bundle.digest, when, off, required))


def with_file(bundle: Bundle, directory: Path, name: str, data: bytes, **facts: Any) -> Bundle:
    """The bundle with one file more, or with another in its place, and these facts in its manifest.

    Written under another name, loaded as a check, and put in its place.

    Args:
        directory: the bundle's own folder, which is replaced, or another.
        name: of the file.
        facts: fields of the manifest.

    Raises:
        UnusableBundle: the folder holds something else, or the file does not fit the network.
    """
    check_target(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    staged = beside(directory)
    try:
        for listed in bundle.manifest.files:
            (staged / listed).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundle.path / listed, staged / listed)
        (staged / name).write_bytes(data)
        files = {**bundle.manifest.files, name: file_digest(staged / name)}
        write_manifest(staged, replace(bundle.manifest, files=dict(sorted(files.items())), **facts))
        _ = Bundle.load(staged).responses
        move_in(staged, directory)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Bundle.load(directory, with_model=False)


def _write(folder: Path, parts: BundleParts) -> None:
    options = parts.model.options
    weights = weights_to_bytes(parts.model, half_precision=parts.half_precision)
    (folder / MODEL).write_bytes(weights)
    records = _records(parts)
    write_json(
        folder / PROTOTYPES,
        {
            "kind": parts.update.kind,
            "images": parts.statistics.images,
            "prototypes": [record.to_json() for record in records],
        },
    )
    write_json(folder / GALLERY, {"entries": _write_gallery(folder, parts, records)})
    if parts.nearest is not None:
        write_json(folder / NEAREST, {"patches": write_nearest(folder, parts.nearest)})
    if parts.responses is not None:
        (folder / RESPONSES).write_bytes(parts.responses.to_bytes())
    if parts.support is not None:
        (folder / SUPPORT).write_bytes(distance_to_bytes(parts.support.distance))
    if parts.reader is not None:
        (folder / READER).write_bytes(reader_to_bytes(parts.reader.reader))
    if parts.source_rows is not None:
        (folder / SOURCE_ROWS).write_bytes(rows_to_bytes(parts.source_rows))
    stored = part_digests(raw_tensors(weights), options)
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    write_manifest(
        folder,
        Manifest(
            name=parts.name,
            options=options,
            negative_class=parts.negative_class,
            preprocessing=parts.preprocessing.to_json(),
            temperature=float(parts.temperature),
            threshold=None if parts.threshold is None else float(parts.threshold),
            thresholds=parts.thresholds,
            offsets=parts.offsets,
            changes=parts.changes,
            closest_similarity_floor=parts.statistics.closest_similarity_floor,
            card=parts.card,
            support=None if parts.support is None else parts.support.limits,
            reader=None if parts.reader is None else parts.reader.facts,
            rows=parts.rows,
            files={name: file_digest(folder / name) for name in sorted(names)},
            parts=stored,
            # As stored, which half precision may have rounded; that they are the ones the update
            # was made with was checked before.
            prototypes_made_with={
                "backbone": stored["backbone"],
                "masks": stored["masks"],
                "preprocessing": json_digest(parts.preprocessing.to_json()),
            },
        ),
    )


def _records(parts: BundleParts) -> list[PrototypeRecord]:
    options = parts.model.options
    return [
        PrototypeRecord(name, options.classes[k], sources, activation, kind)
        for name, k, kind, sources, activation in zip(
            options.prototype_ids,
            options.prototype_classes,
            options.prototype_kinds,
            parts.update.sources,
            parts.statistics.prototypes,
            strict=True,
        )
    ]


def _write_gallery(
    folder: Path, parts: BundleParts, records: list[PrototypeRecord]
) -> list[dict[str, Any]]:
    pictures = {(p.prototype, p.sample_id): p for p in parts.gallery}
    entries = []
    for place, record in enumerate(records):
        stem_of = record.id if record.kind == "prototype" else f"axis{place:02d}"
        for number, source in enumerate(record.sources):
            key = (record.id, source.sample_id)
            if key not in pictures and number >= MOST_LISTED:
                continue
            picture = pictures.pop(key, GalleryPicture(*key))
            stem = f"{stem_of}-{number:02d}"
            own_map = picture.own_map
            entries.append(
                {
                    "prototype": record.id,
                    "sample_id": source.sample_id,
                    "image_sha256": source.image_sha256,
                    "weight": source.weight,
                    "similarity": source.similarity,
                    "picture": _write_picture(folder, stem, picture.picture),
                    "heatmap": _write_picture(folder, f"{stem}.heatmap", picture.heatmap),
                    **({} if own_map is None else {"own_map": own_map.to_json()}),
                }
            )
    for prototype, sample in pictures:
        raise ValueError(f"{sample!r} is no source of the prototype {prototype!r}.")
    return entries


def _write_picture(folder: Path, stem: str, data: bytes | None) -> str | None:
    if data is None:
        return None
    if data.startswith(_PNG):
        ending = "png"
    elif data.startswith(_JPEG):
        ending = "jpg"
    else:
        raise ValueError("Gallery pictures must be PNG or JPEG.")
    (folder / "gallery" / f"{stem}.{ending}").write_bytes(data)
    return f"{stem}.{ending}"
