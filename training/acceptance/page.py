"""A check's report: one self-contained A4 page of HTML, and the same as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dprotonet.bundle.figure_text import figure_text
from training.acceptance import plots, tables

_STYLE = """
@page { size: A4; margin: 11mm; }
body { font: 9.5pt/1.35 system-ui, "DejaVu Sans", sans-serif; color: #1f2933; max-width: 188mm;
  margin: 0 auto; padding: 4mm; }
@media print { body { padding: 0; } }
h1 { font-size: 14pt; margin: 0 0 1mm; } h2 { font-size: 10.5pt; margin: 3mm 0 1mm; }
p, ul { margin: 1mm 0; } ul { padding-left: 5mm; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .5mm 2mm .5mm 0; border-bottom: .2mm solid #d9e0e5;
  overflow-wrap: anywhere; }
th { font-weight: 600; } .plots { display: flex; gap: 6mm; }
.small { font-size: 8pt; color: #52606d; }
.note { border-left: 1mm solid #b3541e; padding-left: 6mm; } .worse { font-weight: 700; }
"""


def html(results: Mapping[str, Any]) -> str:
    """The report; it asks no other host for anything and holds no script."""
    head, rows = tables.figure_rows(results)
    parts = [
        f"<h1>{escape(tables.title(results))}</h1>",
        f"<p>{escape(tables.facts(results))}</p>",
        _notes(results["remarks"]),
        f"<h2>How good it is here</h2>{_table(head, rows)}" if rows else "",
        f"<p>{escape(tables.gate_text(results))}</p>",
        _plots(results),
        _slices(results),
        _unreadable(results),
        f'<p class="small">{escape(tables.settings_text(results))}</p>',
        f'<p class="small">{escape(tables.intervals_text(results))}</p>',
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(tables.title(results))}</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{chr(10).join(part for part in parts if part)}\n</body></html>\n"
    )


def markdown(results: Mapping[str, Any]) -> str:
    """The same without plots."""
    head, rows = tables.figure_rows(results)
    slices = [
        (
            f"{row['kind']} {row['group']}",
            str(row["images"]),
            figure_text(row["auroc"]),
            figure_text(row["accuracy"]) + (" (worse)" if row["worse"] else ""),
        )
        for row in tables.worst_slices(results)
    ]
    parts = [
        f"# {_line(tables.title(results))}",
        _line(tables.facts(results)),
        "\n".join(f"- {_line(remark)}" for remark in results["remarks"]),
        _markdown_table(head, rows) if rows else "",
        _line(tables.gate_text(results)),
        "## Worst slices\n\n" + _markdown_table(("Slice", "Images", "AUROC", "Accuracy"), slices)
        if slices
        else "",
        tables.slices_note(results),
        "\n".join(f"- {_line(row)}" for row in tables.unreadable_rows(results)),
        _line(tables.settings_text(results)),
        tables.intervals_text(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _notes(remarks: Sequence[str]) -> str:
    if not remarks:
        return ""
    return f'<ul class="note">{"".join(f"<li>{escape(r)}</li>" for r in remarks)}</ul>'


def _table(head: tables.Row, rows: Sequence[tables.Row]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _plots(results: Mapping[str, Any]) -> str:
    curves = results.get("figures", {}).get("curves")
    if not curves:
        return ""
    series = {"the model's calibration": curves["reliability"]}
    own = results.get("recalibrated", {}).get("reliability")
    if own:
        series["with own calibration*"] = own
    drawn = plots.roc(dict(list(curves["roc"].items())[: tables.CLASSES]))
    return f'<div class="plots">{drawn}{plots.reliability(series)}</div>'


def _slices(results: Mapping[str, Any]) -> str:
    rows = tables.worst_slices(results)
    note = tables.slices_note(results)
    text = f'<p class="small">{escape(note)}</p>' if note else ""
    if not rows:
        return text
    whole = results["figures"]["auroc"]
    body = "".join(
        f"<tr{_worse(row)}><td>{escape(row['kind'])} {escape(row['group'])}</td>"
        f"<td>{row['images']}</td><td>{escape(figure_text(row['auroc']))}</td>"
        f"<td>{plots.interval_bar(row['auroc'], whole)}</td>"
        f"<td>{escape(figure_text(row['accuracy']))}</td></tr>"
        for row in rows
    )
    head = "<tr><th>Slice</th><th>Images</th><th>AUROC</th><th>0 to 1</th><th>Accuracy</th></tr>"
    return f"<h2>Worst slices</h2><table>{head}{body}</table>{text}"


def _worse(row: Mapping[str, Any]) -> str:
    return ' class="worse"' if row["worse"] else ""


def _unreadable(results: Mapping[str, Any]) -> str:
    rows = tables.unreadable_rows(results)
    if not rows:
        return ""
    items = "".join(f"<li>{escape(row)}</li>" for row in rows)
    return f'<h2>Not read</h2><ul class="small">{items}</ul>'


def _markdown_table(head: tables.Row, rows: Sequence[tables.Row]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_line(c) for c in row) + " |" for row in lines)


def _line(text: str) -> str:
    """Text of a table or a folder as one line that opens no markup."""
    kept = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return kept.replace("<", "&lt;").replace("](", "]\\(").replace("`", "\\`").replace("*", "\\*")
