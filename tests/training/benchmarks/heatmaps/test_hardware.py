import sys

import numpy as np
import pytest
import torch

from dprotonet.allocator import keep_freed_memory
from training.benchmarks.heatmaps.hardware import PeakMemory, best_rate, multiply_accumulates


def test_multiply_accumulates_are_those_worked_out_by_hand():
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1),  # 64 places × 8 × 27
        torch.nn.Conv2d(8, 8, 3, padding=1, groups=8),  # 64 × 8 × 9
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 2),  # 16
    ).eval()
    one = multiply_accumulates(network, torch.zeros(1, 3, 8, 8))
    assert one == 64 * 8 * 27 + 64 * 8 * 9 + 16
    assert multiply_accumulates(network, torch.zeros(5, 3, 8, 8)) == 5 * one


def test_the_machine_has_a_rate():
    assert best_rate(torch.float32, torch.device("cpu")) > 1e8


def test_the_peak_is_that_of_what_came_after_the_start():
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere the earlier peak hides it")
    keep_freed_memory()
    peak = PeakMemory(torch.device("cpu"))
    early = np.ones(100 << 17)  # 100 MB, gone before the start
    del early
    peak.start()
    late = np.ones(50 << 17)
    assert 45 < peak.megabytes() < 95
    assert late.sum() > 0
