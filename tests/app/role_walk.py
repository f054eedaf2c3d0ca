"""What there is to be walked, read from the code, so that nothing new is left out."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import app.services
from app.domain.actors import NOBODY, ROLES, Actor
from tests.paths import ROOT

ACTORS = {
    "nobody": NOBODY,
    **{role: Actor(f"The {role}", "reader", frozenset({role})) for role in ROLES},
}
WEB = ("app/views", "app/viewer", "app/server", "app/main.py")
"""Code that acts for whoever looks at a page."""


def use_cases() -> dict[str, Callable[..., Any]]:
    """Every public function and class of the services that is given a workplace."""
    found = {}
    for info in pkgutil.walk_packages(app.services.__path__, "app.services."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") != module.__name__ or name.startswith("_"):
                continue
            if callable(value) and "workplace" in _parameters(value):
                found[f"{module.__name__}.{name}"] = value
    return found


def _parameters(value: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(value).parameters)
    except ValueError:
        return []


def asked_by_pages() -> Iterator[tuple[str, Any]]:
    """Where pages and routes name something of the services, and what."""
    for path in _web_modules():
        tree = ast.parse(path.read_text("utf-8"))
        names = dict(_imported(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                home = names.get(node.value.id)
                if isinstance(home, ModuleType):
                    yield f"{path}:{node.lineno}", getattr(home, node.attr)
        yield from ((str(path), value) for value in names.values())


def behind_the_services() -> list[str]:
    """Where pages and routes take something of the workplace that asks nobody's permission."""
    parts = {"store", "blobs", "models", "image_reader"}
    return [
        f"{path.relative_to(ROOT)}:{node.attr}"
        for path in _web_modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("workplace", "shared")
        and node.attr in parts
    ]


def _web_modules() -> list[Path]:
    return [
        path
        for name in WEB
        for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))
    ]


def _imported(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app.services"):
            home = importlib.import_module(node.module or "")
            for alias in node.names:
                value = getattr(home, alias.name, None)
                if value is None:
                    value = importlib.import_module(f"{node.module}.{alias.name}")
                yield alias.asname or alias.name, value
