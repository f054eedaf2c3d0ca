"""The wheel: what is in it, what it needs, and that it works where there is no checkout."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import numpy
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dprotonet
from dprotonet.images.reader import read_image
from tests.paths import ROOT

CASE = "nodule-12bit-two-windows.dcm"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NETWORKS = {"monai"}  # whose classifiers the library imports where they are asked for
# pydicom and tifffile find these by themselves.
PLUGINS = {"pyjpegls", "pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built without a network, from a copy: a build leaves folders beside its sources."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    unwanted = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("dprotonet", "training", "app"):
        shutil.copytree(ROOT / name, source / name, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, source)
    options = ("--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(folder))
    run([sys.executable, "-m", "pip", "wheel", *options, str(source)], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The programs of an environment that holds the wheel, and finds its dependencies in the one
    that the tests run in."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    options = ("--no-deps", "--no-index", "--disable-pip-version-check")
    run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(wheel)],
        home,
    )
    result = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], home)
    dependencies = Path(numpy.__file__).parents[1]
    (Path(result.strip()) / "dependencies.pth").write_text(f"{dependencies}\n", "utf-8")
    return programs


def run(command, folder: Path) -> str:
    """What a command prints, started in a folder that has nothing to do with the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_library_alone_and_says_that_it_is_typed(wheel):
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "dprotonet",
        f"dprotonet-{dprotonet.__version__}.dist-info",
    }
    assert "dprotonet/py.typed" in names
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dprotonet").rglob("*.py")}
    assert modules <= set(names)


def test_an_installed_library_predicts_a_demo_case_far_from_the_checkout(installed, tmp_path):
    shutil.copytree(ROOT / "assets/models/nih-pneumonia", tmp_path / "model")
    shutil.copy(ROOT / "assets/cases" / CASE, tmp_path)

    printed = run([installed / "dprotonet", "predict", CASE, "--model", "model"], tmp_path)

    record = json.loads(printed)
    predictor = dprotonet.Predictor(dprotonet.Bundle.load(tmp_path / "model"))
    expected = predictor.predict(read_image(tmp_path / CASE))
    assert record["path"] == CASE
    assert record["prediction"] == expected.label
    assert record["probabilities"] == pytest.approx(dict(expected.probabilities), abs=1e-5)


def test_the_installed_program_says_its_version(installed, tmp_path):
    printed = run([installed / "dprotonet", "--version"], tmp_path)
    assert printed == f"dprotonet {dprotonet.__version__}\n"


def test_the_installed_program_shows_its_usage_without_the_heavy_libraries(installed, tmp_path):
    assert run([installed / "dprotonet", "--help"], tmp_path).startswith("usage: dprotonet predict")

    code = (
        "import sys, dprotonet; from dprotonet.cli.main import main; main(['--help']); "
        "print(sorted({'torch', 'numpy', 'pydicom', 'PIL'} & set(sys.modules)), dprotonet.__file__)"
    )
    loaded, file = run([installed / "python", "-c", code], tmp_path).splitlines()[-1].split("] ")
    assert loaded == "["
    assert not Path(file).is_relative_to(ROOT)
    assert Path(file).is_relative_to(installed.parent)


def test_the_wheel_asks_for_what_the_library_imports_and_nothing_else():
    optional = declared("onnx") | declared("cluster") | NETWORKS
    assert declared("dependencies") == imported_by("dprotonet") - optional | PLUGINS
    assert optional <= imported_by("dprotonet")


@pytest.mark.parametrize("folder", ["training", "app"])
def test_an_extra_adds_what_its_folder_imports(folder):
    library = declared("dependencies")
    assert imported_by(folder) - library <= declared(folder)


def test_every_pin_lies_within_the_ranges_of_the_wheel_and_its_extras():
    pins = {}
    for requirement, _ in locked("requirements.txt"):
        (pin,) = requirement.specifier
        pins.setdefault(canonicalize_name(requirement.name), []).append(pin.version)
    extras = PROJECT["optional-dependencies"]
    for text in (
        *PROJECT["dependencies"],
        *extras["training"],
        *extras["app"],
        *extras["onnx"],
        *extras["parquet"],
    ):
        wanted = Requirement(text)
        versions = pins[canonicalize_name(wanted.name)]
        assert all(version in wanted.specifier for version in versions), (text, versions)


def test_what_the_wheel_and_its_extras_ask_for_is_what_the_lock_begins_with():
    lines = (ROOT / "requirements.in").read_text("utf-8").splitlines()
    chosen = {re.split(r"[\[=<>]", line)[0] for line in lines if not line.startswith("#")}
    assert {canonicalize_name(name) for name in chosen} == (
        declared("dependencies")
        | declared("training")
        | declared("app")
        | declared("onnx")
        | declared("parquet")
    )


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_is_known_by_hashes_and_none_by_an_address(name):
    pins = locked(name)
    assert len(pins) > 50
    for requirement, hashes in pins:
        assert hashes and requirement.url is None, requirement
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", value) for value in hashes), requirement
    assert "://" not in (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile", ".github/workflows/test.yml"])
def test_what_is_installed_is_held_to_the_hashes(name):
    lines = (ROOT / name).read_text("utf-8").splitlines()
    installs = [line for line in lines if "pip install" in line and ".txt" in line]
    assert installs and all("--require-hashes" in line for line in installs)


def locked(name: str) -> list[tuple[Requirement, list[str]]]:
    """The pins of a locked list, each with the hashes of its files."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    parts = (line.split("--hash=") for line in lines)
    return [(Requirement(pin), [value.strip() for value in values]) for pin, *values in parts]


def declared(where: str) -> set[str]:
    """Names of the distributions that the wheel, or one of its extras, asks for."""
    extras = PROJECT["optional-dependencies"]
    wanted = PROJECT["dependencies"] if where == "dependencies" else extras[where]
    return {canonicalize_name(Requirement(text).name) for text in wanted}


def imported_by(folder: str) -> set[str]:
    """Names of the distributions that the modules of a folder import."""
    modules = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                modules |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                modules.add(node.module.split(".")[0])
    # _typeshed is known to type checkers alone.
    modules -= {*sys.stdlib_module_names, "_typeshed", "dprotonet", "training", "app"}
    owners = packages_distributions()
    # One that is not installed here is known by its own name.
    return {canonicalize_name(owners.get(module, [module])[0]) for module in modules}
