"""What each command of ``python -m training`` does, once its words are understood."""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dprotonet.allocator import keep_freed_memory
from dprotonet.errors import ReadableError
from training.recipe import Recipe, load_recipe

_log = logging.getLogger(__name__)
KEPT = "activations.safetensors"  # behind the frozen blocks, in the run's folder


def train(words: argparse.Namespace) -> None:
    """Train on the split, or on every fold; write the bundle and say where."""
    recipe = load_recipe(words.recipe, words.set)
    if words.preset:
        from training.presets import variant

        recipe = variant(recipe, words.preset)
        if recipe.network == "blackbox":
            raise ReadableError(
                "A black box has no prototypes, so it makes no model for review. Give another "
                "--preset; `python -m training compare` trains a black box beside the others."
            )
    keep_freed_memory()
    from training.datasets.registry import open_dataset
    from training.fitting import distributed
    from training.fitting.crossval import check_folds
    from training.fitting.fit import prepare
    from training.io import write_json

    device = distributed.join(_device(words.device))
    dataset = open_dataset(recipe, words.data)
    _keep_recipe(recipe, words.out, resume=words.resume)
    images = _placed(dataset, recipe, words)
    warnings = check_folds(images, dataset.classes, words.folds)  # said before any training
    _describe(recipe, dataset, images, words, device, warnings)
    run = prepare(
        recipe,
        dataset,
        images,
        out=words.out,
        device=device,
        resume=words.resume,
        keep=words.out / KEPT,
    )
    _folds(run, words.folds, every=words.bundles)
    if not distributed.is_main():
        return
    if words.folds:
        from training.fitting.crossval import summary

        found = summary(run, words.folds)
        write_json(words.out / f"{recipe.name}-{words.folds}fold.json", found)
        _print(found)
    else:
        _print(_card(words.out / "bundle"))


def compare(words: argparse.Namespace) -> None:
    """Train several networks under one budget, and write what separates them."""
    recipe = load_recipe(words.recipe, words.set)
    keep_freed_memory()
    device = _device(words.device)
    from training.comparison.compare import compare as train_all
    from training.comparison.compare import plan_of, write_plan
    from training.comparison.page import markdown, plot
    from training.comparison.table import tabulate
    from training.datasets.registry import open_dataset
    from training.fitting.crossval import check_folds
    from training.fitting.distributed import is_shared
    from training.fitting.fit import prepare
    from training.io import write_json

    if is_shared():
        raise ReadableError("compare trains in one process. Start it without torchrun.")
    plan = plan_of(recipe, words.presets, words.seeds, words.folds)
    dataset = open_dataset(recipe, words.data)
    write_plan(plan, words.out)
    images = _placed(dataset, recipe, words)
    warnings = check_folds(images, dataset.classes, words.folds)
    _describe(recipe, dataset, images, words, device, warnings)
    run = prepare(
        recipe,
        dataset,
        images,
        out=words.out,
        device=device,
        resume=True,
        cut=True,
        keep=words.out / KEPT,
    )
    table = tabulate(run, list(train_all(plan, run)), plan.variants)
    written = {"plan": plan.to_json(), "command": _command(words), **table}
    write_json(words.out / f"{recipe.name}.json", written)
    page = markdown(written["plan"], table, written["command"])
    (words.out / f"{recipe.name}.md").write_text(page, encoding="utf-8")
    plot(table, words.out / f"{recipe.name}.svg")
    _print(table)


def evaluate(words: argparse.Namespace) -> None:
    """Judge a bundle on a split; its slow parts only where they were asked for."""
    from dprotonet.bundle.bundle import Bundle
    from training.evaluation.evaluate import Extras, slow_parts
    from training.evaluation.evaluate import evaluate as judge

    bundle, device = Bundle.load(words.bundle), _device(words.device)
    extras = Extras(
        words.faithfulness,
        words.localisation,
        words.sanity,
        words.prototypes,
        words.method,
        words.tier,
    )
    slow: dict[str, Any] = {}
    if extras.faithfulness or extras.localisation or extras.sanity or extras.prototypes:
        slow = slow_parts(bundle, words.data, words.split, extras, device=device)
    _print(judge(bundle, words.data, words.split, device=device) | slow)


def bench(words: argparse.Namespace) -> None:
    """Compare heatmap methods on held-out images; print the page."""
    keep_freed_memory()
    from training.benchmarks.heatmaps.run import Request, benchmark

    request = Request(
        methods=words.methods,
        primary=words.primary,
        split=words.split,
        count=words.n,
        nodes=words.nodes,
        fills=words.fills,
        steps=words.steps,
        seed=words.seed,
        besides=tuple(words.besides),
        so_far=words.so_far,
        cost=words.cost,
        device=_device(words.device),
        command=_command(words),
    )
    sys.stdout.write(benchmark(words.bundle, words.data, request, words.out))


def card(words: argparse.Namespace) -> None:
    """Render a bundle's model card as Markdown."""
    from dprotonet.bundle.bundle import Bundle
    from training.evaluation.card_markdown import markdown

    text = markdown(Bundle.load(words.bundle, with_model=False))
    if words.out is None:
        sys.stdout.write(text)
    else:
        words.out.write_text(text, encoding="utf-8")


def gallery(words: argparse.Namespace) -> None:
    """Put source pictures beside the application's data."""
    from dprotonet.bundle.bundle import Bundle
    from training.fitting.attach_gallery import application_data, attach

    bundle = Bundle.load(words.bundle, with_model=False)
    count = attach(bundle, words.data)
    _print({"bundle": bundle.name, "pictures": count, "folder": str(application_data())})


def pointing(words: argparse.Namespace) -> None:
    """Score where heatmaps point."""
    from dprotonet.bundle.bundle import Bundle
    from training.evaluation.pointing_game import pointing as score

    _print(score(Bundle.load(words.bundle), words.n, words.methods, tier=words.tier))


def boxes(words: argparse.Namespace) -> None:
    """Where heatmaps lie, out of fold."""
    from training.evaluation.out_of_fold import out_of_fold

    _print(out_of_fold(words.out, words.data, words.methods, tier=words.tier))


def studies(words: argparse.Namespace) -> None:
    """Several finished comparisons side by side."""
    from training.comparison.studies import overview

    sys.stdout.write(overview(words.folder))


def shortcut(words: argparse.Namespace) -> None:
    """Does a network lean on a marker, and do its heatmaps say so?"""
    from dprotonet.bundle.bundle import Bundle
    from training.evaluation.shortcut import shortcut as score

    _print(score(Bundle.load(words.bundle), words.n, words.methods, tier=words.tier))


def phantom(words: argparse.Namespace) -> None:
    """Write a folder of phantom images."""
    from training.datasets.phantom import Shortcut
    from training.datasets.phantom.export import write_folder

    shortcut = Shortcut() if words.shortcut else None
    table = write_folder(words.out, words.n, words.seed, shortcut)
    _print({"films": words.n, "table": str(table)})


def throughput(words: argparse.Namespace) -> None:
    """What training costs beside the arithmetic that it cannot do without."""
    recipe = load_recipe(words.recipe, words.set)
    keep_freed_memory()
    from training.benchmarks.throughput import throughput as measure
    from training.fitting.run_folder import hardware

    device = _device(words.device)
    found = measure(recipe, images=words.images, repeats=words.repeats, device=device)
    _print({"hardware": hardware(device), "recipe": recipe.name, **found})


def probe(words: argparse.Namespace) -> None:
    """How far features get that have learned nothing of images."""
    recipe = load_recipe(words.recipe, words.set)
    from training.datasets.registry import open_dataset
    from training.evaluation.linear_probe import ProbeOptions
    from training.evaluation.linear_probe import probe as look

    dataset = open_dataset(recipe, words.data)
    options = ProbeOptions(recipe.backbone, recipe.weights, recipe.image_size, recipe.seed)
    _print(look(dataset.samples, dataset.classes, options).to_json())


def _placed(dataset: Any, recipe: Recipe, words: argparse.Namespace) -> Any:
    """All images of the data set; equal ones under one patient where the recipe says so."""
    from dprotonet.modeling.preprocessing import Preprocessing
    from training.data.leakage import group_duplicates
    from training.data.placed_images import place_images
    from training.fitting.distributed import is_main, wait

    keep = words.images or words.out / "films.safetensors"
    if not is_main():
        wait()  # for the first process to place the images
    images = place_images(
        dataset.samples,
        Preprocessing(size=recipe.image_size),
        classes=len(dataset.classes),
        keep=keep,
        damaged=recipe.damaged,
    )
    if is_main():
        wait()
    return group_duplicates(images) if recipe.duplicates == "group" else images


def _describe(
    recipe: Recipe,
    dataset: Any,
    images: Any,
    words: argparse.Namespace,
    device: str,
    warnings: Sequence[str],
) -> None:
    """Have the run folder say what it is, and the log what is odd about the data."""
    from training.fitting.distributed import is_main
    from training.fitting.run_folder import describe, note_start

    if not is_main():
        return
    if dataset.skipped:
        first = dataset.skipped[0]
        _log.info("%d files are no images and were skipped: %s …", len(dataset.skipped), first)
    for warning in warnings:
        _log.warning("%s", warning)
    made = describe(
        recipe,
        images,
        command=_command(words),
        device=device,
        skipped=dataset.skipped,
        warnings=warnings,
    )
    note_start(words.out, made)


def _folds(run: Any, folds: int | None, *, every: bool) -> None:
    """Every fold that is not finished; fold 0 of five is the split, and gives the bundle.

    Args:
        every: keep each fold's network, without a gallery.
    """
    from training.evaluation.out_of_fold import fold_bundle
    from training.fitting.crossval import fit_fold, keep_fold, kept_fold
    from training.fitting.distributed import is_main
    from training.fitting.export import Showing, write_bundle
    from training.fitting.run_folder import hardware

    pictures = run.recipe.dataset != "nih"  # NIH's images are not ours to pass on
    for number in range(folds or 1):
        if run.resume and kept_fold(run.out, number) is not None:
            continue
        _log.info("fold %d", number)
        fold = fit_fold(run, number, folds)
        if not is_main():
            continue
        made = (run, fold.rows, fold.fitted, fold.black)
        if every:
            place = fold_bundle(run.out, number)
            write_bundle(*made, place, Showing(sources=0), hardware=hardware(run.device))
        if number == 0 and folds in (None, 5) and not (folds and _is_moved(run)):
            shown = Showing(pictures=pictures)
            write_bundle(*made, run.out / "bundle", shown, hardware=hardware(run.device))
        keep_fold(run, fold)


def _is_moved(run: Any) -> bool:
    """Whether the test split, on which a bundle is judged later, holds patients that the first
    fold trains on."""
    from training.data.splits import moved_patients

    if "test" in moved_patients(run.images.samples).values():
        _log.warning("A class is too small to be split by folds: train without --folds for a model")
        return True
    return False


def _keep_recipe(recipe: Recipe, out: Path, *, resume: bool) -> None:
    """Leave the recipe in the run's folder; a run goes on under its own recipe only."""
    from training.fitting.distributed import is_main
    from training.io import write_json

    file, values = out / "recipe.json", recipe.to_json()
    if resume and file.is_file():
        before = json.loads(file.read_text(encoding="utf-8"))
        changed = [k for k in values if before.get(k) != values[k]]
        if changed:
            raise ReadableError(
                f"The run in {out} was started with {changed[0]}={before.get(changed[0])}, not "
                f"{values[changed[0]]}. Give the same settings, or another --out."
            )
    if is_main():
        write_json(file, values)


def _card(bundle: Path) -> dict[str, Any]:
    from dprotonet.bundle.bundle import Bundle

    loaded = Bundle.load(bundle, with_model=False)
    return {"bundle": str(bundle), "digest": loaded.digest, "metrics": loaded.card.metrics}


def _device(name: str | None) -> str:
    import torch

    if name is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ReadableError(
            f"The device {name!r} cannot be used here. Give cpu, or leave --device out."
        ) from error
    return name


def _command(words: argparse.Namespace) -> str:
    """The command as it may be given again, of every path its last part only."""
    shown = ["python", "-m", "training"]
    for word in words.line:
        key, equals, value = word.rpartition("=")
        shown.append(key + equals + (Path(value).name if "/" in value else value))
    return shlex.join(shown)


def _print(values: dict[str, Any]) -> None:
    json.dump(values, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
