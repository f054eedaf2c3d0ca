"""``tabular-study``: encodings of a table against models of the table itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dprotonet.allocator import keep_freed_memory
from dprotonet.attributes.encodings.registry import ENCODINGS
from dprotonet.errors import ReadableError
from training.cli.comparing import check_one_process
from training.cli.options import Commands, add_command, add_settings, print_json, usable_device
from training.recipe import Recipe, load_recipe, with_settings


@dataclass(frozen=True)
class TabularStudyArguments:
    """The arguments of ``tabular-study``.

    Attributes:
        data: a CSV or Parquet file; None for the table that the settings name.
        encodings: names.
        repeatable: the command as it may be given again.
    """

    recipe: str
    data: Path | None
    out: Path
    encodings: Sequence[str]
    settings: Sequence[str]
    device: str | None
    repeatable: str


def add_tabular_study(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "tabular-study",
        tabular_study,
        TabularStudyArguments,
        about="encodings of a table against models of the table itself",
    )
    parser.add_argument("recipe", help="tabular, or the path of a YAML file")
    parser.add_argument("--data", type=Path, help="CSV or Parquet file")
    parser.add_argument("--out", type=Path, required=True, help="folder; run again to go on in it")
    parser.add_argument(
        "--encodings",
        nargs="+",
        default=["cpcr"],
        choices=ENCODINGS,
        metavar="NAME",
        help=f"of {', '.join(ENCODINGS)}",
    )
    add_settings(parser)
    parser.add_argument("--device")


def tabular_study(arguments: TabularStudyArguments) -> None:
    """Measure all on every fold that is not finished, and write figures and page."""
    recipe = load_recipe(arguments.recipe, arguments.settings)
    if recipe.dataset != "tabular":
        raise ReadableError("tabular-study needs a recipe whose dataset is tabular.")
    keep_freed_memory()
    device = usable_device(arguments.device)
    from training.comparison.tables import study
    from training.comparison.tables.page import markdown
    from training.datasets.tabular.dataset import bare_samples, classes_of, source_of
    from training.io import write_json, write_text

    check_one_process("tabular-study")
    source = source_of(arguments.data, recipe)
    out = arguments.out
    records: dict[str, list[dict[str, Any]]] = {}
    folds = study.folds_of(source, recipe.seed)
    rivals = [
        _kept(out, "rivals", fold.number, recipe, partial(study.rivals_fold, source, recipe, fold))
        for fold in folds
    ]
    for name in ("boosting", "logistic"):
        records[name] = [one[name] for one in rivals]
    for name in arguments.encodings:
        own = with_settings(recipe, [f"encoding={name}"])
        measure = partial(study.network_fold, source, own, out=out, device=device)
        records[name] = [
            _kept(out, name, fold.number, own, partial(measure, fold)) for fold in folds
        ]
    bare = bare_samples(source)
    classes = classes_of(source)
    found = {
        "command": arguments.repeatable,
        "table": source.name,
        "recipe": recipe.to_json(),
        "rows": len(bare),
        "groups": len({sample.patient_id for sample in bare}),
        "classes": {name: sum(s.label == k for s in bare) for k, name in enumerate(classes)},
        "attributes": len(rivals[0]["boosting"]["importance"]),
        "explained": study.EXPLAINED * study.EXPLAINED_FOLDS,
        "licence": source.licence,
        "note": source.note,
        **study.summary(records),
        "attributes_of_cpcr": _attributes(records),
        "folds": {name: [_short(one) for one in folds] for name, folds in records.items()},
    }
    write_json(out / f"{source.name}.json", found)
    write_text(out / f"{source.name}.md", markdown(found))
    print_json(found["models"])


def _kept(
    out: Path, name: str, fold: int, recipe: Recipe, make: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What a finished fold gave under the same recipe; made and kept where there is none."""
    from training.io import write_json

    file, values = out / "folds" / f"{name}-{fold}.json", json.loads(json.dumps(recipe.to_json()))
    if file.is_file():
        before = json.loads(file.read_text(encoding="utf-8"))
        if before["recipe"] == values:
            return dict(before["result"])
    result = make()
    write_json(file, {"recipe": values, "result": result})
    return result


def _short(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one[key] for key in ("auroc", "rank_correlation", "seconds") if key in one}


def _attributes(records: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Means over the explained folds, by attribute; empty without CPC-R."""
    own = [one for one in records.get("cpcr", ()) if "shares" in one]
    boosting = [one["importance"] for one in records["boosting"] if "importance" in one]
    return {
        name: {
            "share": float(np.mean([one["shares"][name] for one in own])),
            "network": float(np.mean([one["importance"][name] for one in own])),
            "boosting": float(np.mean([one[name] for one in boosting if name in one])),
        }
        for name in (own[0]["shares"] if own else ())
        if all(name in one["shares"] for one in own)
    }
