import json

from dprotonet.bundle.bundle import Bundle
from dprotonet.names import METHODS, TIERS
from training.cli.evaluate import USUAL_METHODS
from training.cli.parser import build_parser, main
from training.datasets.registry import open_dataset


def test_evaluate_prints_one_json_with_the_figures_of_the_card(trained, class_folder, capsys):
    assert main(["evaluate", str(trained), "--data", str(class_folder), "--split", "test"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["split"] == "test"
    assert printed["auroc"]["value"] == Bundle.load(trained).card.metrics["auroc"]["value"]


def test_the_figures_of_the_prototypes_are_also_a_table_for_a_person(trained, class_folder, capsys):
    words = ["evaluate", str(trained), "--data", str(class_folder), "--prototypes", "2"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    figures = json.loads(out)
    assert figures["prototype_looks"]["images"] == 2
    lines = {line.split("  ")[0]: line for line in err.splitlines()}
    assert f"{figures['prototypes']['class_purity']:.3f}" in lines["Class purity"]
    assert f"{figures['prototype_looks']['stability']['value']:.3f}" in lines["Stability"]


def test_the_data_are_opened_once_whatever_is_asked_for(trained, class_folder, capsys, monkeypatch):
    opened = []

    def open_once(*arguments):
        opened.append(arguments)
        return open_dataset(*arguments)

    monkeypatch.setattr("training.evaluation.evaluate.open_dataset", open_once)
    words = ["evaluate", str(trained), "--data", str(class_folder), "--prototypes", "1"]
    gate = ["--gate", "1", "--foreign", str(class_folder)]
    assert main([*words, *gate]) == 0
    assert len(opened) == 1
    figures = json.loads(capsys.readouterr().out)
    assert set(figures["gate"]) == {"changed_slightly", "changed_grossly", "foreign"}
    assert all(part["films"] == 1 for part in figures["gate"]["changed_grossly"].values())
    assert figures["prototype_looks"]["images"] == 1


def test_every_method_and_tier_of_the_library_may_be_asked_for_by_name():
    for command in (["evaluate", "b"], ["boxes", "o"], ["pointing", "b"], ["shortcut", "b"]):
        option = "--method" if command[0] == "evaluate" else "--methods"
        for method, tier in zip(METHODS, [*TIERS] * len(METHODS), strict=False):
            arguments = build_parser().parse_args([*command, option, method, "--tier", tier])
            chosen = arguments.method if option == "--method" else arguments.methods[0]
            assert chosen == method
            assert arguments.tier == tier
    assert set(USUAL_METHODS) <= set(METHODS)


def test_a_card_is_printed_or_written(trained, tmp_path, capsys):
    assert main(["card", str(trained)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# ") and "colours" in printed
    assert main(["card", str(trained), "--out", str(tmp_path / "card.md")]) == 0
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == printed
