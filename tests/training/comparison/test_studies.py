import json
import shutil

from training.__main__ import main
from training.comparison.page import prototype_cells
from training.comparison.row_file import FILE


def test_studies_stand_side_by_side_and_say_where_the_first_is_ahead(compared, tmp_path, capsys):
    for name in ("one", "two"):
        shutil.copytree(compared, tmp_path / name, ignore=shutil.ignore_patterns(FILE))
    (tmp_path / "two" / "colours.json").unlink()
    assert main(["studies", str(tmp_path)]) == 0
    page = capsys.readouterr().out
    table = json.loads((compared / "colours.json").read_text())
    difference = table["differences"]["dprotonet - blackbox"]["accuracy"]
    assert (
        f"{difference['value']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]" in page
    )
    assert f"{int(difference['value'] > 0)} of 1, {int(difference['low'] > 0)}" in page
    # A class with one prototype left has no pair: then a dash stands for the cosine.
    cells = prototype_cells(table["variants"]["dprotonet"]["prototypes"])
    assert "## Prototypes" in page and f"| one | dprotonet | {' | '.join(cells)} |" in page
    assert f"{table['variants']['dprotonet']['prototypes']['class_purity']:.3f}" in cells
    assert "Begun and not finished: two." in page
    assert main(["studies", str(tmp_path / "two")]) == 2
    assert "no finished comparison" in capsys.readouterr().err
