"""Where the tests find what is theirs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

REPORTS = ROOT / "tests" / "data" / "reports"
"""Files made after public bug reports, with the pixels they should give."""
