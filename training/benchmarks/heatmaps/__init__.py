"""``python -m training bench``: heatmap methods judged on held-out images, with what each costs.

:mod:`~training.benchmarks.heatmaps.plan` is written down first;
:mod:`~training.benchmarks.heatmaps.collect` judges image by image and can be cut off at any moment;
:mod:`~training.benchmarks.heatmaps.table` and :mod:`~training.benchmarks.heatmaps.page` say what
came out; :mod:`~training.benchmarks.heatmaps.cost` measures what a heatmap costs, in a process of
its own for every method.
"""
