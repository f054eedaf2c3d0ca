"""For all tests: processes that share a machine do not fight over its cores."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two test processes with two threads each wait for each other at every barrier.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
