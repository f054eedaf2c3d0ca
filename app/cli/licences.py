"""Under which licence each installed package came, by its own account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

Kind = Literal["copyleft", "weak copyleft", "proprietary", "permissive", "not stated"]

REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
BROWSER_LOCK = Path(__file__).parents[1] / "viewer/package-lock.json"
_LONGEST = 90  # characters of a licence's name; some packages write its whole text there
_CLASSIFIER = re.compile(r"^License :: (?:OSI Approved :: )?")
# "with exception" licences, such as that of GCC's libraries, do not bind what is linked with them.
_STRONG = re.compile(r"(?<![A-Z])A?GPL(?!\S* WITH )|GNU (Affero )?General Public")
_WEAK = re.compile(r"LGPL|Lesser General|MPL|Mozilla|\bEPL|Eclipse Public|CDDL|EUPL", re.I)
_PROPRIETARY = re.compile("proprietary", re.I)
_HEADINGS: dict[Kind, str] = {
    "copyleft": "Copyleft (GPL, AGPL): what is given on together with it must be under it as well",
    "weak copyleft": "Weak copyleft (LGPL, MPL): changes to the package itself must stay open",
    "proprietary": "Proprietary",
    "permissive": "Permissive",
    "not stated": "Not stated: look at the project's page",
}


@dataclass(frozen=True)
class PackageLicence:
    """One package of requirements.txt that is installed here, or that the browser gets."""

    name: str  # with extras, where some were asked for
    version: str
    licence: str  # as the package states it, in one line; "" where it states none
    kind: Kind


def package_licences(requirements: Path = REQUIREMENTS) -> list[PackageLicence]:
    """The licences of what is installed, in the order of the requirements.

    Args:
        requirements: a locked list, a package and its hashes on lines of their own; those for other
            systems are skipped.
    """
    licences = {}
    for requirement in _wanted(requirements.read_text("utf-8").splitlines()):
        try:
            about = metadata.metadata(requirement.name)
        except metadata.PackageNotFoundError:  # the list is for a newer state of the project
            continue
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        stated = list(_stated(about))
        licence = stated[0] if stated else ""
        name = f"{requirement.name}{extras}"
        licences[name] = PackageLicence(name, about["Version"], licence, _kind(stated))
    return list(licences.values())


def browser_licences(lock: Path = BROWSER_LOCK) -> list[PackageLicence]:
    """The licences of what the browser loads with the viewer; what only builds it is left out.

    Args:
        lock: npm's package-lock.json.
    """
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    return [
        PackageLicence(
            path.removeprefix("node_modules/"),
            package["version"],
            package.get("license", ""),
            _kind(filter(None, [package.get("license")])),
        )
        for path, package in packages.items()
        if path and not package.get("dev") and not package.get("optional")
    ]


def list_licences() -> int:
    """Print the licences of what is installed, and of what the browser gets."""
    print(report([*package_licences(), *browser_licences()]))
    return 0


def report(licences: Iterable[PackageLicence]) -> str:
    """The licences as text, those that ask something of whoever passes them on first."""
    licences = list(licences)
    width = max((len(f"{package.name} {package.version}") for package in licences), default=0)
    parts = []
    for kind, heading in _HEADINGS.items():
        lines = [
            f"  {f'{package.name} {package.version}':{width}}  {package.licence}".rstrip()
            for package in licences
            if package.kind == kind
        ]
        if lines or kind == "copyleft":
            parts.append("\n".join([f"{heading}:", *(lines or ["  none"])]))
    parts.append(
        "As the packages state it themselves. Libraries inside a package have licences of their"
        " own, which stand in its folder."
    )
    return "\n\n".join(parts)


def _wanted(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        text = line.split(" #")[0].strip().rstrip("\\").strip()
        if text and not text.startswith(("#", "-")):
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def _stated(about: metadata.PackageMetadata) -> Iterator[str]:
    """Every statement of a package's metadata, the most exact first, each in one short line."""
    yield from about.get_all("License-Expression") or []
    classified = [
        _CLASSIFIER.sub("", line)
        for line in about.get_all("Classifier") or []
        if line.startswith("License :: ")
    ]
    if classified:
        yield "; ".join(classified)
    for line in "\n".join(about.get_all("License") or []).splitlines():
        if any(letter.isalpha() for letter in line):
            short = " ".join(line.split())
            yield short if len(short) <= _LONGEST else short[: _LONGEST - 1] + "…"
            return


def _kind(stated: Iterable[str]) -> Kind:
    text = "\n".join(stated)
    if not text:
        return "not stated"
    if _STRONG.search(text):
        return "copyleft"
    if _WEAK.search(text):
        return "weak copyleft"
    return "proprietary" if _PROPRIETARY.search(text) else "permissive"
