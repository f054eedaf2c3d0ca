"""``python -m training``; see :mod:`training.cli.parser`."""

from __future__ import annotations

import sys

from training.cli.parser import main

if __name__ == "__main__":
    sys.exit(main())
