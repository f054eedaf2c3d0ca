"""What is measured of a heatmap beside its faithfulness, and what hidden pixels show meanwhile.

:mod:`~training.benchmarks.heatmaps.measures.stability` says whether it is the same twice. Whether
it finds what is known is :mod:`training.evaluation.evidence`.
:mod:`~training.benchmarks.heatmaps.measures.fills` and
:mod:`~training.benchmarks.heatmaps.measures.inpainting` hide pixels in ways that no method has
seen. :mod:`~training.benchmarks.heatmaps.measures.summary` and
:mod:`~training.benchmarks.heatmaps.measures.pages` present the results.
"""
