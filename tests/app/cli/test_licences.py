"""What the installed packages say of their licences is listed, those that bind first."""

import re
from importlib import metadata
from pathlib import Path

import pytest

from app.cli.licences import (
    REQUIREMENTS,
    PackageLicence,
    browser_licences,
    package_licences,
    report,
)
from app.cli.main import main

# A package without code, which names others.
STATES_NONE = {"cuda-toolkit"}


def test_no_requirement_is_under_the_gpl() -> None:
    assert [one.name for one in package_licences() if one.kind == "copyleft"] == []


def test_every_installed_requirement_states_its_licence_in_one_short_line() -> None:
    licences = package_licences()
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if not line.startswith(" ")]
    pinned = {re.split(r"[=\[; ]", line)[0] for line in lines}
    installed = {name for name in pinned if name and is_installed(name)}
    assert {one.name for one in licences} == installed
    assert {one.name for one in licences if one.kind == "not stated"} <= STATES_NONE
    assert all("\n" not in one.licence and len(one.licence) < 200 for one in licences)


def is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def listed(folder: Path, monkeypatch: pytest.MonkeyPatch, **stated: str) -> list[PackageLicence]:
    """Packages made up here; each is a name and the lines of its metadata."""
    for name, lines in stated.items():
        info_folder = folder / f"{name}-1.0.dist-info"
        info_folder.mkdir()
        head = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n"
        (info_folder / "METADATA").write_text(head + lines)
    monkeypatch.syspath_prepend(folder)
    requirements = folder / "requirements.txt"
    pins = "".join(f"{name}==1.0\n" for name in stated)
    requirements.write_text(f"# locked\n{pins}absent-one==1.0\nother==1 ; python_version < '3'\n")
    return package_licences(requirements)


def test_the_most_exact_statement_counts_and_long_texts_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    licences = listed(
        tmp_path,
        monkeypatch,
        exact="License-Expression: MIT\nLicense: something else\n",
        classified="Classifier: License :: OSI Approved :: BSD License\nLicense: text\n",
        written=f"License: {'All of this text. ' * 40}\n        More of it.\n",
        silent="",
    )
    result = {one.name: one.licence for one in licences}
    assert list(result) == ["exact", "classified", "written", "silent"]
    assert result["exact"] == "MIT" and result["classified"] == "BSD License"
    assert result["written"].endswith("…") and len(result["written"]) == 90
    assert result["silent"] == ""


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        ("License-Expression: GPL-3.0-or-later\n", "copyleft"),
        ("License: AGPLv3\n", "copyleft"),
        (
            "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)\n",
            "copyleft",
        ),
        ("License-Expression: BSD-3-Clause AND GPL-3.0-only\n", "copyleft"),
        ("License-Expression: MIT AND GPL-3.0-or-later WITH GCC-exception-3.1\n", "permissive"),
        ("License-Expression: LGPL-3.0-only\n", "weak copyleft"),
        (
            "Classifier: License :: OSI Approved :: GNU Lesser General Public License v3\n",
            "weak copyleft",
        ),
        ("License: MPL-2.0 AND MIT\n", "weak copyleft"),
        ("License-Expression: LicenseRef-NVIDIA-Proprietary\n", "proprietary"),
        ("License-Expression: Apache-2.0 OR BSD-2-Clause\n", "permissive"),
        ("", "not stated"),
    ],
)
def test_what_a_licence_asks_is_told_by_its_name(
    stated: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = listed(tmp_path, monkeypatch, made_up=stated)
    assert one.kind == kind


def test_what_the_browser_loads_is_permissive_and_what_builds_it_is_not_listed() -> None:
    assert {(one.name, one.kind) for one in browser_licences()} == {("konva", "permissive")}


def test_the_list_begins_with_what_binds() -> None:
    text = report(
        [
            PackageLicence("open", "1", "MIT", "permissive"),
            PackageLicence("bound", "2", "GPL-3.0-only", "copyleft"),
        ]
    )
    assert text.index("Copyleft") < text.index("bound 2  GPL-3.0-only") < text.index("open 1")
    assert "  none" in report([]).splitlines()


def test_the_command_prints_the_list_without_touching_data(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path / "data"))
    assert main(["licences"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^  pydicom \S+ +MIT License$", out, re.M)
    assert re.search(r"^  konva \S+ +MIT$", out, re.M)
    assert not (tmp_path / "data").exists()
