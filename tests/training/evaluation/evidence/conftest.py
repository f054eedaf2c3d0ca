"""The bundle and the images of the benchmark, some of which have known evidence."""

from tests.training.benchmarks.heatmaps.conftest import evident, folder, samples

__all__ = ["evident", "folder", "samples"]
