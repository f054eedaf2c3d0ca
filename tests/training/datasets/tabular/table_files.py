"""A small table for the tests of this folder and of what trains on one."""

from pathlib import Path

import numpy as np


def write_table(path: Path, rows: int = 60, seed: int = 0) -> Path:
    """Rows of two classes that "size" tells apart; two rows a patient, some values missing."""
    chance = np.random.default_rng(seed)
    lines = ["patient,size,shape,grade,constant,kind"]
    for number in range(rows):
        label = number // 2 % 2
        size = chance.normal(10 + 6 * label, 1)
        shape = "" if number % 7 == 0 else f"{chance.normal():.1f}"
        grade = ("low", "high")[int(chance.random() < 0.3 + 0.4 * label)]
        lines.append(f"p{number // 2},{size:.3f},{shape},{grade},1,{('calm', 'ill')[label]}")
    path.write_text("\n".join(lines) + "\n")
    return path
