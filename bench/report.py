"""What the bench says at the end: a table for people, JSON for machines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.series import Series

_WIDTHS = (44, 10, 9, 9, 9, 10)
_HEADINGS = ("", "answers/s", "p50 ms", "p99 ms", "CPU us", "of floor")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a figure must reach, and what it is hoped to. `most` turns it round: less is better."""

    least: float
    aim: float | None = None
    most: bool = False
    unit: str = ""

    def verdict(self, value: float) -> str:
        """`aim reached`, `met`, or `FALLS SHORT`."""
        if (value > self.least) if self.most else (value < self.least):
            return "FALLS SHORT"
        if self.aim is not None and value >= self.aim:
            return "aim reached"
        return "met"

    def __str__(self) -> str:
        sign = "<=" if self.most else ">="
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        return f"{sign} {self.least:g}{self.unit}{aim}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: cells for people under the headings, and what is judged, if anything is."""

    name: str
    cells: Sequence[str] = ()
    judged: tuple[tuple[float, Wanted], ...] = ()
    data: Any = None

    def text(self) -> str:
        if len(self.cells) == 1:
            # A single figure has all of the table's width.
            room = sum(_WIDTHS) - len(self.name)
            cells = [self.name, self.cells[0].rjust(room)]
            return self._judged("".join(cells))
        cells = [self.name.ljust(_WIDTHS[0])]
        cells += [cell.rjust(width) for cell, width in zip(self.cells, _WIDTHS[1:], strict=False)]
        return self._judged("".join(cells))

    def _judged(self, line: str) -> str:
        for value, wanted in self.judged:
            line = f"{line.ljust(sum(_WIDTHS))}  {wanted}: {wanted.verdict(value)}"
        return line.rstrip()

    def as_json(self) -> dict[str, Any]:
        judged = [
            {"value": round(value, 4), "wanted": str(wanted), "verdict": wanted.verdict(value)}
            for value, wanted in self.judged
        ]
        return {"name": self.name, "judged": judged, "data": self.data}


@dataclass(slots=True)
class Section:
    """A group of lines under a title."""

    title: str
    rows: list[Row] = field(default_factory=list)

    def load(
        self,
        name: str,
        series: Series,
        floor: Series | None = None,
        *,
        ratio: Wanted | None = None,
        p99: Wanted | None = None,
    ) -> None:
        """Adds a measured load, beside its floor if there is one; and its faults, if any."""
        cells = [f"{series.rps:,.0f}", f"{series.p50_ms:.1f}", f"{series.p99_ms:.1f}"]
        cells.append(f"{series.cpu_us:.0f}" if series.cpu_us else "")
        data = series.as_json()
        judged = []
        if floor is not None:
            share = series.ratio_to(floor)
            data["of_floor"] = round(share, 3)
            cells.append(f"{share:.2f}")
            if ratio:
                judged.append((share, ratio))
        if p99:
            judged.append((series.p99_ms, p99))
        self.rows.append(Row(name, cells, tuple(judged), data))
        if series.faults:
            faults = ", ".join(f"{count} x {fault}" for fault, count in series.faults.items())
            self.note(f"  UNEXPECTED: {faults} {series.sample}".rstrip())

    def figure(self, name: str, value: float, shown: str, wanted: Wanted | None = None) -> None:
        """Adds a single number."""
        judged = ((value, wanted),) if wanted else ()
        self.rows.append(Row(name, (shown,), judged, round(value, 3)))

    def note(self, text: str) -> None:
        """Adds a line of prose."""
        self.rows.append(Row(text))


@dataclass(slots=True)
class Report:
    """All sections, and the circumstances they were measured in."""

    circumstances: dict[str, Any]
    sections: list[Section] = field(default_factory=list)

    def section(self, title: str) -> Section:
        """A new section at the end."""
        self.sections.append(Section(title))
        return self.sections[-1]

    def text(self) -> str:
        lines = [", ".join(f"{name} {value}" for name, value in self.circumstances.items())]
        for section in self.sections:
            headings = (section.title, *_HEADINGS[1:])
            title = "".join(
                cell.ljust(width) if index == 0 else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(headings, _WIDTHS, strict=True))
            )
            lines += ["", title if any(len(r.cells) > 1 for r in section.rows) else section.title]
            lines += [f"  {row.text()}" for row in section.rows]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return {
            "circumstances": self.circumstances,
            "sections": [
                {"title": section.title, "rows": [row.as_json() for row in section.rows]}
                for section in self.sections
            ],
        }

    def short(self) -> list[str]:
        """The names of what falls short."""
        return [
            f"{section.title}: {row.name.strip()}"
            for section in self.sections
            for row in section.rows
            if any(wanted.verdict(value) == "FALLS SHORT" for value, wanted in row.judged)
        ]
