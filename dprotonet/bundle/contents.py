"""Whether a model folder still holds just what its manifest says. No torch here."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from dprotonet.bundle.digests import file_digest, raw_tensors
from dprotonet.bundle.manifest import MADE_WITH, MANIFEST, MEND, MODEL, Manifest
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.digests import RawTensor, json_digest, tensors_digest
from dprotonet.modeling.reasons.options import Parted


def check_contents(folder: Path, manifest: Manifest) -> None:
    """Check that the folder holds just what its manifest says, and that nothing is stale.

    Raises:
        UnusableBundle: a file is missing, altered, unlisted or a link, or the prototypes were made
            with another backbone, other masks or another preprocessing. The sentence names it.
    """
    present = _files_below(folder)
    for name in sorted(set(manifest.files) - present):
        raise UnusableBundle(f"The model {manifest.display_name!r} lacks its file {name}. {MEND}")
    for name in sorted(present - set(manifest.files) - {MANIFEST}):
        raise UnusableBundle(
            f"The model {manifest.display_name!r} holds a file it does not list: {name}. Remove it."
        )
    for name, digest in manifest.files.items():
        if name != MODEL and file_digest(folder / name) != digest:
            raise UnusableBundle(
                f"{name} of the model {manifest.display_name!r} was altered since it was saved. "
                f"{MEND}"
            )
    checked_weights(folder, manifest)
    _check_fresh(manifest)


def checked_file(folder: Path, manifest: Manifest, name: str) -> bytes:
    """The bytes of one listed file, hashed as they are read.

    Raises:
        UnusableBundle: it cannot be read, or was altered.
    """
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise UnusableBundle(
            f"{name} of the model {manifest.display_name!r} cannot be read ({error}). {MEND}"
        ) from error
    if sha256(data).hexdigest() != manifest.files[name]:
        raise UnusableBundle(
            f"{name} of the model {manifest.display_name!r} was altered since it was saved. {MEND}"
        )
    return data


def checked_weights(folder: Path, manifest: Manifest) -> bytes:
    """The bytes of model.safetensors, every part of them checked.

    Raises:
        UnusableBundle: a part was altered; the sentence names it.
    """
    try:
        data = (folder / MODEL).read_bytes()
        parts = part_digests(raw_tensors(data), manifest.options)
    except (OSError, ValueError) as error:
        raise UnusableBundle(
            f"{MODEL} of the model {manifest.display_name!r} was altered: {error}. {MEND}"
        ) from error
    for part in manifest.options.parts:
        if parts[part] != manifest.parts[part]:
            raise UnusableBundle(
                f"The {part} of the model {manifest.display_name!r} ({MODEL}) was altered since it "
                f"was saved. {MEND}"
            )
    if sha256(data).hexdigest() != manifest.files[MODEL]:
        raise UnusableBundle(
            f"{MODEL} of the model {manifest.display_name!r} was altered outside of its tensors. "
            f"{MEND}"
        )
    return data


def part_digests(tensors: list[RawTensor], options: Parted) -> dict[str, str]:
    """SHA-256 by part of the network.

    Raises:
        ValueError: a tensor belongs to no part.
    """
    groups: dict[str, list[RawTensor]] = {part: [] for part in options.parts}
    for tensor in tensors:
        groups[options.part_of(tensor.name)].append(tensor)
    return {part: tensors_digest(group) for part, group in groups.items()}


def _check_fresh(manifest: Manifest) -> None:
    current = {**manifest.parts, "preprocessing": json_digest(manifest.preprocessing)}
    for part in MADE_WITH if manifest.options.prototype_ids else ():
        if manifest.prototypes_made_with[part] != current[part]:
            raise UnusableBundle(
                f"The prototypes of the model {manifest.display_name!r} are stale: its {part} "
                "changed after they were made. Run the prototype update again and save the model "
                "again."
            )
    if manifest.reader is not None and not manifest.reader.fits(manifest.parts):
        raise UnusableBundle(
            f"The mask reader of the model {manifest.display_name!r} was trained for another "
            "network, whose backbone or masks are not this one's. Train it again: "
            "python -m training reader."
        )


def _files_below(folder: Path) -> set[str]:
    """Names of all files, as the manifest writes them; hidden ones do not count."""
    names = set()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise UnusableBundle(f"{name} of the model in {folder} is a link. Put the file there.")
        if path.is_file() and not path.name.startswith("."):
            names.add(name)
    return names
