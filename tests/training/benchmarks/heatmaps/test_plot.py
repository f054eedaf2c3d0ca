from tests.training.benchmarks.heatmaps.made_up_rows import METHODS
from training.benchmarks.heatmaps.plot import plot


def test_the_plot_has_a_panel_for_each_node_and_fill(table, tmp_path):
    file = tmp_path / "bench.svg"
    plot(table, file)
    text = file.read_text()
    assert text.count("fill blur") == 2 and all(name in text for name in METHODS)


def test_the_same_table_gives_the_same_file(evident_table, tmp_path):
    plot(evident_table, tmp_path / "once.svg")
    plot(evident_table, tmp_path / "again.svg")
    assert (tmp_path / "once.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()
