import numpy as np

from dprotonet.attributes.table import Row
from tests.dprotonet.row_bundle import small_table, source_rows
from training.comparison.tables.rivals import RIVALS, fit_rivals, values_of


def test_numbers_stay_categories_become_their_index_and_missing_is_nan():
    rows = tuple(source_rows(3).values())
    values = values_of(rows, small_table())
    assert values[0].tolist() == [8, 15, 0, 0.08]
    assert np.isnan(values[2, 3])


def test_both_models_learn_what_one_attribute_tells():
    chance = np.random.default_rng(0)
    table, labels = small_table(), np.arange(80) % 2
    rows = tuple(
        Row(table.names, (10.0 + 5 * k + chance.normal(), None, "early", 0.1)) for k in labels
    )
    values = values_of(rows, table)
    values[:, 1] = chance.normal(size=80)
    models = fit_rivals(values, labels, table, seed=0)
    assert set(models) == set(RIVALS)
    for scores in models.values():
        assert (scores(values).argmax(axis=1) == labels).mean() > 0.9
