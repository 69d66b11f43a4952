"""Charts as places to draw at: pure arithmetic. ``components/charts.html`` does the drawing.

Across, everything is in per cent of the width, so that a chart fits any screen without its words being
stretched; down, everything is in pixels. A value of ``None`` means that nothing was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from remint.issuer.console import moments

_TOP: Final = 18
_BOTTOM: Final = 22
_HIGH: Final = 220
_LOW: Final = 110
#: What remains between two bars, of a bar's share of the width.
_GAP: Final = 0.16
_MINUTE: Final = 60_000
_TICKS_MS: Final = tuple(
    minutes * _MINUTE
    for minutes in (5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 7200, 10_080, 21_600, 43_200)
)
_TICKS_ACROSS: Final = 8
_DAYS_FROM_MS: Final = 48 * 60 * _MINUTE

Tone = Literal[1, 2, 3, 4, 5]
Values = Sequence[float | None]


class Layer(msgspec.Struct, frozen=True):
    """One row of figures, a value for each bucket. ``tone`` picks its colour and its weave."""

    name: str
    tone: Tone
    values: Values


class Axis(msgspec.Struct, frozen=True):
    """The buckets: when the first begins, how long each is, and how many there are."""

    since_ms: int
    step_ms: int
    buckets: int


class Tick(msgspec.Struct, frozen=True):
    """A line or a label of an axis. ``at_ms`` only across; ``minor`` ones give way on narrow screens."""

    place: float
    label: str
    at_ms: int = 0
    format: str = ""
    minor: bool = False
    anchor: str = "middle"


class Bar(msgspec.Struct, frozen=True):
    """A rectangle of one layer."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone


class Line(msgspec.Struct, frozen=True):
    """A path in a box 1000 wide, interrupted where nothing was measured."""

    path: str
    under: str
    tone: Tone
    dashed: bool


class Told(msgspec.Struct, frozen=True):
    """A bucket in words: its place across, for pointing at, and its row of the table."""

    x: float
    width: float
    at_ms: int
    said: str
    figures: tuple[str, ...]


class Key(msgspec.Struct, frozen=True):
    """A layer in the legend, with its sum or its latest value."""

    name: str
    tone: Tone
    figure: str


class Chart(msgspec.Struct, frozen=True):
    """What the template needs. ``ground`` is where the axis across lies.

    A small one tells only of buckets in which something happened: it has no table.
    """

    ident: str
    title: str
    description: str
    height: int
    ground: int
    across: tuple[Tick, ...]
    down: tuple[Tick, ...]
    keys: tuple[Key, ...]
    told: tuple[Told, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    is_small: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not self.bars and not self.lines


def stacked(
    ident: str, title: str, axis: Axis, layers: Sequence[Layer], *, is_small: bool = False
) -> Chart:
    """Bars upon one another: how many of each layer in each bucket.

    ``ident`` is unique on the page: letters, digits, hyphens.
    """
    height = _LOW if is_small else _HIGH
    columns = [[value or 0 for value in column] for column in _columns(layers)]
    sums = map(sum, columns)
    scale = _Scale(max(sums, default=0), height, whole=True, steps=2 if is_small else 4)
    tones = [layer.tone for layer in layers]
    share = 100 / max(axis.buckets, 1)
    width = _r(share * (1 - _GAP))
    bars = []
    for bucket, values in enumerate(columns):
        x, below, foot = _r((bucket + _GAP / 2) * share), 0.0, scale.y(0)
        for tone, value in zip(tones, values, strict=True):
            if value:
                below += value
                y = scale.y(below)
                bars.append(Bar(x, _r(y), width, _r(foot - y), tone))
                foot = y
    keys = tuple(
        Key(layer.name, layer.tone, moments.count(sum(v or 0 for v in layer.values)))
        for layer in layers
    )
    told = _tell(axis, layers, "{figure} {name}", is_brief=is_small)
    summed = ", ".join(f"{key.figure} {key.name}" for key in keys)
    return Chart(
        ident,
        title,
        f"Bars of {moments.span(axis.step_ms / 1000)} each. In all: {summed}.",
        height,
        scale.ground,
        _ticks_across(axis),
        scale.ticks(""),
        keys,
        told,
        bars=tuple(bars),
        is_small=is_small,
    )


def lines(
    ident: str, title: str, axis: Axis, layers: Sequence[Layer], *, unit: str = "ms"
) -> Chart:
    """One line a layer, the second and later ones dashed; ``unit`` follows every figure."""
    measured = [value for layer in layers for value in layer.values if value is not None]
    scale = _Scale(max(measured, default=0), _HIGH, whole=False, steps=4)
    drawn = tuple(
        _line(layer, axis, scale, dashed=index > 0)
        for index, layer in enumerate(layers)
        if any(value is not None for value in layer.values)
    )
    keys = tuple(Key(layer.name, layer.tone, _latest(layer, unit)) for layer in layers)
    latest = ", ".join(f"{key.name} {key.figure}" for key in keys)
    return Chart(
        ident,
        title,
        f"Lines over buckets of {moments.span(axis.step_ms / 1000)}. Latest: {latest}.",
        _HIGH,
        scale.ground,
        _ticks_across(axis),
        scale.ticks(f" {unit}"),
        keys,
        _tell(axis, layers, f"{{name}} {{figure}} {unit}"),
        lines=drawn,
    )


class _Scale:
    """From values to pixels, with a round number on top."""

    def __init__(self, highest: float, height: int, *, whole: bool, steps: int) -> None:
        self.step = round_step(highest / steps, whole=whole)
        self.top = max(self.step, -(-highest // self.step) * self.step)
        self.ground = height - _BOTTOM
        self._span = self.ground - _TOP

    def y(self, value: float) -> float:
        """Where that value lies, in pixels from the top."""
        return self.ground - value / self.top * self._span

    def ticks(self, unit: str) -> tuple[Tick, ...]:
        """The lines across, from the lowest above the ground."""
        count = round(self.top / self.step)
        values = [self.step * number for number in range(1, count + 1)]
        return tuple(Tick(_r(self.y(value)), f"{_short(value)}{unit}") for value in values)


def round_step(least: float, *, whole: bool) -> float:
    """The smallest of 1, 2, 5, 10, 20, … (or 0.1, 0.2, …, unless ``whole``) that is not below ``least``."""
    size = 1.0 if whole or least >= 1 else 0.001
    while True:
        for factor in (1, 2, 5):
            if size * factor >= least:
                return size * factor
        size *= 10


def _ticks_across(axis: Axis) -> tuple[Tick, ...]:
    whole_ms = axis.step_ms * axis.buckets
    fitting = (tick for tick in _TICKS_MS if whole_ms / tick <= _TICKS_ACROSS)
    every = max(next(fitting, whole_ms), axis.step_ms, 1)
    form, written = (
        ("date", moments.utc_day) if whole_ms > _DAYS_FROM_MS else ("clock", moments.utc_clock)
    )
    first = -(-axis.since_ms // every) * every
    ticks = []
    for number, at_ms in enumerate(range(first, axis.since_ms + whole_ms, every)):
        place = (at_ms - axis.since_ms) / whole_ms * 100
        anchor = "start" if place < 8 else "end" if place > 92 else "middle"
        text = written(at_ms) if form == "clock" else written(at_ms)[5:]
        ticks.append(Tick(_r(place), text, at_ms, form, number % 2 == 1, anchor))
    return tuple(ticks)


def _line(layer: Layer, axis: Axis, scale: _Scale, *, dashed: bool) -> Line:
    path, under, run = [], [], list[tuple[float, float]]()
    for bucket, value in enumerate([*layer.values, None]):
        if value is not None:
            run.append((_r((bucket + 0.5) / axis.buckets * 1000), _r(scale.y(value))))
        elif run:
            points = " ".join(f"{x:g} {y:g}" for x, y in run)
            # A round cap makes a dot of a line that goes nowhere.
            path.append(f"M{points}" if len(run) > 1 else f"M{points}h.01")
            under.append(f"M{run[0][0]:g} {scale.ground}L{points}V{scale.ground}z")
            run = []
    return Line("".join(path), "".join(under), layer.tone, dashed)


def _tell(
    axis: Axis, layers: Sequence[Layer], form: str, *, is_brief: bool = False
) -> tuple[Told, ...]:
    """Every bucket in words; where ``is_brief``, those in which something happened."""
    share = 100 / max(axis.buckets, 1)
    width = _r(share)
    # What each layer says of a figure: "12 renewed".
    said_of = [form.replace("{name}", layer.name).partition("{figure}") for layer in layers]
    says_nought = len(layers) == 1
    told = []
    for bucket, values in enumerate(_columns(layers)):
        if is_brief and not any(values):
            continue
        figures = ["" if value is None else moments.count(value) for value in values]
        said = [
            f"{before}{figure}{after}"
            for value, figure, (before, _, after) in zip(values, figures, said_of, strict=True)
            if value or (says_nought and value is not None)
        ]
        text = ", ".join(said) or "nothing"
        at_ms = axis.since_ms + bucket * axis.step_ms
        told.append(Told(_r(bucket * share), width, at_ms, text, tuple(figures)))
    return tuple(told)


def _columns(layers: Sequence[Layer]) -> Iterator[tuple[float | None, ...]]:
    """The values of each bucket."""
    return zip(*(layer.values for layer in layers), strict=True)


def _latest(layer: Layer, unit: str) -> str:
    last = next((value for value in reversed(layer.values) if value is not None), None)
    return "not measured" if last is None else f"{moments.count(last)} {unit}"


def _short(value: float) -> str:
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _r(number: float) -> float:
    return round(number, 2)
