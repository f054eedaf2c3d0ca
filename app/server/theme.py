"""Colours and letters of the pages, light and dark; the reader's system or menu chooses."""

from __future__ import annotations

from typing import Any

_BOTH: dict[str, Any] = {
    "theme.baseRadius": "6px",
    "theme.baseFontSize": 15,
    "theme.paddingTop": "0.5rem",
    "theme.paddingBottom": "1rem",
    "theme.showWidgetBorder": True,
    "theme.headingFontSizes": ["1.6rem", "1.3rem", "1.1rem", "1rem", "0.95rem", "0.9rem"],
    "theme.headingFontWeights": [600, 600, 600, 600, 600, 600],
}
_LIGHT: dict[str, Any] = {
    "primaryColor": "#0b6377",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f1f4f6",
    "textColor": "#1b2429",
    "borderColor": "#cfd7dc",
    "linkColor": "#0b6377",
    "chartCategoricalColors": ["#0b6377", "#b4540a", "#6b4fa0", "#2f7d32", "#8a8a8a"],
}
_DARK: dict[str, Any] = {
    "primaryColor": "#5cc3d8",
    "backgroundColor": "#12181b",
    "secondaryBackgroundColor": "#1c2429",
    "textColor": "#e4eaed",
    "borderColor": "#39464d",
    "linkColor": "#7fd3e4",
    "chartCategoricalColors": ["#5cc3d8", "#f0a35e", "#b7a0e8", "#86c98a", "#a9a9a9"],
}


def theme_options() -> dict[str, Any]:
    """Options of Streamlit's configuration, by their dotted names."""
    return (
        _BOTH
        | {f"theme.light.{name}": value for name, value in _LIGHT.items()}
        | {f"theme.dark.{name}": value for name, value in _DARK.items()}
    )


def colours() -> tuple[dict[str, str], dict[str, str]]:
    """Colours by name, light and dark, for pages that are not Streamlit's."""
    light, dark = (
        {name: value for name, value in theme.items() if isinstance(value, str)}
        for theme in (_LIGHT, _DARK)
    )
    return light, dark
