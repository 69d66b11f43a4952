"""The table, in Markdown: a row for each scene, and under it what was seen and why."""

import re
from typing import Any

from bench.clients.reasons import REASONS
from bench.clients.scenes import SCENES, Scene

_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")
_CELLS = {"yes": "yes", "partly": "partly", "no": "**no**", "n/a": "–"}


def table(record: dict[str, Any]) -> str:
    """The table and its footnotes. Scenes and libraries that were left out are not shown."""
    libraries = record["libraries"]
    scenes = [scene for scene in SCENES if scene.name in record["scenes"]]
    heads = [f"{each['name']} {each['version']}" for each in libraries.values()]
    lines = [f"| | {' | '.join(heads)} |", f"| --- |{' --- |' * len(heads)}"]
    for scene in scenes:
        cells = record["scenes"][scene.name]
        shown = [_CELLS[cells[module]["verdict"]] for module in libraries]
        lines.append(f"| [{scene.title}](#{_anchor(scene.title)}) | {' | '.join(shown)} |")
    notes = [_notes(scene, record["scenes"][scene.name], libraries) for scene in scenes]
    return "\n\n".join(["\n".join(lines), *notes])


def _notes(scene: Scene, cells: dict[str, Any], libraries: dict[str, Any]) -> str:
    lines = [f"### {scene.title}\n\n{scene.setting}\n"]
    for module, library in libraries.items():
        cell = cells[module]
        why = REASONS.get((scene.name, module), "")
        verdict = cell["verdict"].replace("n/a", "not applicable")
        lines.append(f"- {library['name']}: {verdict}. {_sentence(cell['seen'])} {why}".rstrip())
    return "\n".join(lines)


def _anchor(heading: str) -> str:
    """How a link names a heading."""
    return _NOT_IN_ANCHOR.sub("", heading.replace("`", "").lower()).replace(" ", "-")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
