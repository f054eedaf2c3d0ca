"""``python -m training bench``: heatmap methods judged on held-out films, with what each costs.

:mod:`~training.bench.plan` is written down first; :mod:`~training.bench.collect` judges film by
film and can be cut off at any moment; :mod:`~training.bench.table` and
:mod:`~training.bench.page` say what came out; :mod:`~training.bench.cost` measures what a heatmap
costs, in a process of its own for every method.
"""
