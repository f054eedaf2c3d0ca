"""Small pages of our own, without scripts, in the colours of the others."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

from app.domain.text import RESEARCH_ONLY
from app.server.theme import colours

TITLE = "DProtoNet Review"


def page(heading: str, *parts: str, status: int = 200) -> HTMLResponse:
    """A page with one heading.

    Args:
        heading: plain text.
        parts: HTML, see :func:`paragraph`; nothing in it is escaped here.
        status: of the answer.
    """
    body = "\n".join(parts)
    document = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(heading)} · {TITLE}</title>
<link rel="icon" href="data:,">
<style>{_style()}</style>
</head>
<body>
<main>
<p class="program">{TITLE}</p>
<h1>{escape(heading)}</h1>
{body}
<p class="foot">{RESEARCH_ONLY}.</p>
</main>
</body>
</html>
"""
    return HTMLResponse(document, status, headers={"Cache-Control": "no-store"})


def again() -> HTMLResponse:
    """A page that opens itself again at once, now asked by this site."""
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="0"><title>{TITLE}</title></head></html>',
        headers={"Cache-Control": "no-store"},
    )


def paragraph(text: str) -> str:
    """Plain text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def _style() -> str:
    light, dark = (_variables(theme) for theme in colours())
    return f"""
:root {{ {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; font: 15px/1.5 "Source Sans", system-ui, sans-serif;
  background: var(--backgroundColor); color: var(--textColor); }}
main {{ max-width: 30rem; margin: 12vh auto 2rem; padding: 0 1.25rem; }}
h1 {{ font-size: 1.6rem; font-weight: 600; line-height: 1.25; margin: 0 0 1rem; }}
.program {{ margin: 0; color: var(--primaryColor); font-weight: 600; }}
.foot {{ margin-top: 2rem; font-size: 0.875rem; opacity: 0.75; }}
code {{ background: var(--secondaryBackgroundColor); border-radius: 4px; padding: 0.1rem 0.3rem;
  overflow-wrap: anywhere; }}
a {{ color: var(--linkColor); }}
label {{ display: block; margin: 0 0 0.9rem; font-weight: 600; }}
input {{ display: block; width: 100%; margin-top: 0.25rem; padding: 0.5rem 0.7rem;
  font: inherit; font-weight: 400; color: inherit; background: var(--secondaryBackgroundColor);
  border: 1px solid var(--borderColor); border-radius: 6px; }}
button, a.button {{ display: inline-block; font: inherit; font-weight: 600; cursor: pointer;
  padding: 0.5rem 1rem; border: 1px solid var(--primaryColor); border-radius: 6px;
  background: var(--primaryColor); color: var(--backgroundColor); text-decoration: none; }}
button.quiet, a.button {{ background: none; color: var(--primaryColor); }}
:is(input, button, a):focus-visible {{ outline: 3px solid var(--primaryColor);
  outline-offset: 2px; }}
.alert {{ border-left: 4px solid #c62828; padding: 0.5rem 0.8rem;
  background: var(--secondaryBackgroundColor); }}
"""


def _variables(theme: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in theme.items())
