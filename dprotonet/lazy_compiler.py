"""torchvision's import without torch's compiler, which takes as long as torch itself.

``torchvision.ops.roi_align`` takes one small function out of ``torch._dynamo`` and never calls it
for a classifier; that import reads sympy, triton and a thousand modules more. While torchvision is
imported, stand-ins take the compiler's place: whoever asks them for more gets the true one.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

COMPILER = "torch._dynamo"
_NEEDED = f"{COMPILER}.utils"


@contextmanager
def without_compiler() -> Iterator[None]:
    """Import torchvision in here. Where the compiler has been imported, nothing is different."""
    if COMPILER in sys.modules:
        yield
        return
    stand_ins = {name: _StandIn(name) for name in (COMPILER, _NEEDED)}
    stand_ins[_NEEDED].is_compile_supported = _is_compile_supported
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        _leave()


class _StandIn(ModuleType):
    """Imports the true module once something of it is wanted, such as by another thread."""

    is_compile_supported: Any

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import itself looks for
            raise AttributeError(name)
        _leave()
        return getattr(importlib.import_module(self.__name__), name)


def _leave() -> None:
    for name in (COMPILER, _NEEDED):
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]


def _is_compile_supported(device_type: str) -> bool:
    """As torchvision finds it there."""
    from torch._dynamo.utils import is_compile_supported

    return bool(is_compile_supported(device_type))
