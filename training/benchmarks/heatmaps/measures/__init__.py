"""What is measured of a heatmap beside its faithfulness, and what hidden pixels show meanwhile.

:mod:`~training.benchmarks.heatmaps.measures.places` says whether it finds what is known to lie in
the image, :mod:`~training.benchmarks.heatmaps.measures.evidence` which images have such a thing,
:mod:`~training.benchmarks.heatmaps.measures.stability` whether it is the same twice.
:mod:`~training.benchmarks.heatmaps.measures.fills` and
:mod:`~training.benchmarks.heatmaps.measures.inpainting` hide pixels in ways that no method has
seen. :mod:`~training.benchmarks.heatmaps.measures.summary` and
:mod:`~training.benchmarks.heatmaps.measures.pages` present the results.
"""
