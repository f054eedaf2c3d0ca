"""What a rebuilding may not change, as one JSON file that two versions can be compared by.

    python -m tests.held_fixed write FILE     the facts of this checkout, on this machine
    python -m tests.held_fixed compare A B    what differs between two of them; 1 if anything does

It uses the command lines and the files they leave, never the code's own names, so that the same
script runs before and after modules have moved. Heatmaps depend on the processor: write both
files on one machine. Takes some five minutes on two cores.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from tests.paths import ROOT

MODELS = ("chest-phantom", "nih-pneumonia")
CASES = ("nodule.jpg", "consolidation-monochrome1.dcm")
TIMES = ("seconds", "measuring_seconds")
METHODS = (
    *("mdm", "mdm-published", "gradcam", "scorecam", "prototype", "integrated-gradients"),
    *("occlusion", "rise", "extremal", "centre", "random"),
)


def facts() -> dict[str, Any]:
    """All that is held fixed."""
    return {
        "tensors": {name: _tensors(ROOT / "assets/models" / name) for name in MODELS},
        "assets": dict(_files(ROOT / "assets")),
        "predict": {name: _predicted(name) for name in MODELS},
        "explain": {name: _explained(name) for name in MODELS},
        "database": _database(),
        "assertions": dict(_assertions()),
    }


def _tensors(bundle: Path) -> dict[str, str]:
    with safe_open(str(bundle / "model.safetensors"), framework="np") as file:
        return {key: _digest(file.get_tensor(key)) for key in sorted(file.keys())}


def _digest(array: np.ndarray) -> str:
    head = f"{array.dtype}{array.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            yield file.relative_to(folder).as_posix(), digest


def _command(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "dprotonet", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [_timeless(json.loads(line)) for line in done.stdout.splitlines()]


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(one) for key, one in value.items() if key not in TIMES}
    return [_timeless(one) for one in value] if isinstance(value, list) else value


def _predicted(model: str) -> list[dict[str, Any]]:
    return _command("predict", "assets/cases", "--model", f"assets/models/{model}")


def _explained(model: str) -> dict[str, Any]:
    prototypes = json.loads((ROOT / "assets/models" / model / "prototypes.json").read_text())
    first = next(iter(_prototype_ids(prototypes)))
    images = [f"assets/cases/{case}" for case in CASES]
    nodes = ("--node", "class", "--node", f"prototype:{first}")
    result = {}
    for method in METHODS:
        for tier in ("draft", "standard") if method == "mdm" else ("draft",):
            with tempfile.TemporaryDirectory() as out:
                records = _command(
                    *("explain", *images, "--model", f"assets/models/{model}", "--out", out),
                    *(*nodes, "--method", method, "--tier", tier),
                )
                maps = {
                    file.name: _digest(np.load(file)) for file in sorted(Path(out).rglob("*.npy"))
                }
            text = json.dumps(records).replace(json.dumps(out)[1:-1], "OUT")
            result[f"{method} {tier}"] = {"records": json.loads(text), "heatmaps": maps}
    return result


def _prototype_ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for one in value.values():
            yield from _prototype_ids(one)
    elif isinstance(value, list):
        for one in value:
            yield from _prototype_ids(one)


def _database() -> dict[str, Any]:
    """Schema and rows that the application leaves when it has taken in its demo cases."""
    with tempfile.TemporaryDirectory() as folder:
        port = "18501"
        names = {"DPROTONET_DATA": folder, "DPROTONET_PORT": port, "DPROTONET_PATIENTS": "no"}
        log = Path(folder) / "held-fixed.log"
        with log.open("w") as stream:
            server = subprocess.Popen(
                [sys.executable, "-m", "app"],
                cwd=ROOT,
                env=os.environ | names,
                stdout=stream,
                stderr=stream,
            )
            try:
                _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
                file = Path(folder) / "review.sqlite3"
                _wait_for_jobs(file)
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(60)
        return _dump(file)


def _wait_for(address: str) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.5)
    raise TimeoutError(f"{address} does not answer.")


def _wait_for_jobs(file: Path) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        with closing(sqlite3.connect(file)) as database:
            (left,) = database.execute("SELECT count(*) FROM job WHERE state <> 'done'").fetchone()
        if not left:
            return
        time.sleep(0.5)
    raise TimeoutError("The demo cases are not read.")


def _dump(file: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(file)) as database:
        tables = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
        ).fetchall()
        names = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        rows = {
            name: sorted(
                _placeless(json.dumps(row, default=str))
                for row in database.execute(f'SELECT * FROM "{name}"')
            )
            for (name,) in names
        }
    return {"schema": dict(tables), "rows": rows}


def _placeless(text: str) -> str:
    """Without what differs from run to run: random ids, times and seconds."""
    text = re.sub(r"\b[0-9a-f]{16}\b|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?", "TIME", text)
    return re.sub(r"(seconds\W+: )[\d.e-]+", r"\1SECONDS", text)


def _assertions() -> Iterator[tuple[str, int]]:
    """How many assertions each test holds; a name that stands in several files is summed."""
    counts: dict[str, int] = {}
    for file in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                counts[node.name] = counts.get(node.name, 0) + _asserted(node)
    yield from sorted(counts.items())


def _asserted(function: ast.FunctionDef) -> int:
    def counts(node: ast.AST) -> bool:
        if isinstance(node, ast.Assert):
            return True
        if not isinstance(node, ast.Call):
            return False
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        return name in ("raises", "warns") or name.startswith("assert_") or name == "expect"

    return sum(map(counts, ast.walk(function)))


def _differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            here = f"{path}/{key}"
            if key not in one or key not in other:
                yield f"{here}: {'added' if key in other else 'gone'}"
            else:
                yield from _differences(one[key], other[key], here)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, f"{path}/{number}")
    elif one != other:
        yield f"{path}: {str(one)[:200]} -> {str(other)[:200]}"


def _fewer_assertions(before: dict[str, int], after: dict[str, int]) -> Iterator[str]:
    """Tests that kept their name and lost assertions; all of them together, since names change."""
    for name, count in before.items():
        if after.get(name, count) < count:
            yield f"/assertions/{name}: {count} -> {after[name]}"
    if sum(after.values()) < sum(before.values()):
        yield f"/assertions: {sum(before.values())} -> {sum(after.values())}"


def main(arguments: list[str]) -> int:
    """Write the facts, or compare two files of them."""
    if len(arguments) == 2 and arguments[0] == "write":
        Path(arguments[1]).write_text(json.dumps(facts(), indent=1, sort_keys=True) + "\n")
        return 0
    if len(arguments) == 3 and arguments[0] == "compare":
        before, after = (json.loads(Path(file).read_text()) for file in arguments[1:])
        counts, recounted = before.pop("assertions"), after.pop("assertions")
        differences = list(_differences(before, after))
        differences += _fewer_assertions(counts, recounted)
        print("\n".join(differences) or "Nothing differs.")
        return 1 if differences else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
