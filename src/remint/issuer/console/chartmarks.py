"""What a chart has hundreds of, as markup: bars, places to point at, rows of figures.

A template would draw them as well, ten times slower: it looks at every number for what has to be escaped.
"""

from __future__ import annotations

from html import escape

from remint.issuer.console.charts import Chart
from remint.issuer.console.moments import iso_time, utc_time


def bars(chart: Chart) -> str:
    """The bars, each in its tone's colour and weave.

    A small chart has one row of thin bars: a weave would only tear them.
    """
    fills = {1: 'class="tone-1 ink-fill"'}
    for tone in (2, 3, 4, 5):
        woven = f'fill="url(#{chart.ident}-{tone})"'
        fills[tone] = f'class="tone-{tone} ink-fill"' if chart.is_small else woven
    return "".join(
        f'<rect x="{bar.x}%" y="{bar.y}" width="{bar.width}%" height="{bar.height}" {fills[bar.tone]}/>'
        for bar in chart.bars
    )


def hits(chart: Chart) -> str:
    """A place to point at for each bucket that is told of, which says in words what it holds."""
    drawn = []
    for each in chart.told:
        said = escape(each.said)
        drawn.append(
            f'<rect class="hit" x="{each.x}%" y="0" width="{each.width}%" height="{chart.ground}">'
            f'<title data-at="{each.at_ms}" data-said="{said}">{utc_time(each.at_ms)}: {said}</title></rect>'
        )
    return "".join(drawn)


def rows(chart: Chart) -> str:
    """A row of the table for each bucket: when it begins, and its figures."""
    drawn = []
    for each in chart.told:
        figures = "".join(f'<td class="number">{figure or "–"}</td>' for figure in each.figures)
        drawn.append(
            f'<tr><th scope="row"><time datetime="{iso_time(each.at_ms)}" data-format="moment">'
            f"{utc_time(each.at_ms)}</time></th>{figures}</tr>"
        )
    return "".join(drawn)
