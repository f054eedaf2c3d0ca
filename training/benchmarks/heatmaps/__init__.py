"""``python -m training bench``: heatmap methods scored on held-out images, and what each costs.

:mod:`~training.benchmarks.heatmaps.run` is the entry. The plan is written first
(:mod:`~training.benchmarks.heatmaps.plan`). :mod:`~training.benchmarks.heatmaps.collect` then
scores image by image and can be interrupted at any moment.
:mod:`~training.benchmarks.heatmaps.table` and :mod:`~training.benchmarks.heatmaps.page` present the
results. :mod:`~training.benchmarks.heatmaps.cost` measures what a heatmap costs, every method in a
process of its own.
"""
