"""How a caller understands a refusal: the file's own rules first, then its forms read backwards.

A refusal that a dialect writes from a template is recognised by the same template: its constants must be
there, its placeholders say what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from remint.dialect.answerheaders import header_of
from remint.dialect.message import WireAnswer
from remint.dialect.vocabulary import DialectForm, FailureRule, RefusalForm
from remint.errors import Refusal

#: A step of a path that leads to every member, or element.
ANY = "*"

Recognise = Callable[[WireAnswer, Any, int], Refusal | None]

#: What says nothing where a failure would be: many a success has an empty ``error``.
NOTHING: tuple[Any, ...] = (None, "", [], {})

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class _Leaf:
    """One value of a template: where it stands, and what it must be or says."""

    path: tuple[str | int, ...]
    constant: Any = None
    placeholder: str = ""


@dataclass(frozen=True)
class _Pattern:
    form: RefusalForm
    leaves: tuple[_Leaf, ...]


def dig(value: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at ``path`` in parsed JSON; ``None`` where nothing does."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def failed(
    rules: tuple[FailureRule, ...], answer: WireAnswer, body: Any, now_ms: int
) -> Refusal | None:
    """What the first of ``rules`` that applies makes of an answer; ``None`` where none does."""
    for rule in rules:
        if applies(rule, answer.status, body, answer):
            words = dig(body, rule.description) if rule.description else None
            return Refusal(
                rule.code,
                words if isinstance(words, str) else "",
                retry_after_seconds=retry_after(answer, now_ms),
                outcome=rule.outcome,
            )
    return None


def applies(rule: FailureRule, status: int, body: Any, answer: WireAnswer | None = None) -> bool:
    """Whether ``rule`` recognises an answer. A step ``*`` of its path leads to whatever stands there."""
    if rule.status and status not in rule.status:
        return False
    if rule.header:
        return answer is not None and _holds(rule, header_of(answer, rule.header.encode()))
    return not rule.path or any(_holds(rule, value) for value in _reached(body, rule.path))


def _reached(body: Any, path: tuple[str | int, ...]) -> list[Any]:
    if ANY not in path:
        return [dig(body, path)]
    at = path.index(ANY)
    above = dig(body, path[:at])
    if isinstance(above, dict):
        above = list(above.values())
    if not isinstance(above, list):
        return []
    return [value for each in above for value in _reached(each, path[at + 1 :])]


def _holds(rule: FailureRule, value: Any) -> bool:
    if rule.present is not None and (value not in NOTHING) is not rule.present:
        return False
    # A page of a proxy has no code at all, and that is no other code than the right one.
    if rule.differs and value is None:
        return False
    if rule.contains and not (isinstance(value, str) and any(w in value for w in rule.contains)):
        return False
    if rule.equals and not any(same(value, each) for each in rule.equals):
        return False
    return not any(same(value, each) for each in rule.differs)


def same(value: Any, other: Any) -> bool:
    """Whether two values of JSON are equal; ``false`` is no 0, and ``true`` no 1."""
    return value == other and isinstance(value, bool) is isinstance(other, bool)


def make_recogniser(form: DialectForm) -> Callable[[WireAnswer, Any, int], Refusal]:
    """The function that says what an answer other than a success means: ``(answer, body, now_ms)``."""
    patterns = [
        _Pattern(refusal, tuple(_leaves(refusal.body, ()))) for refusal in form.refusals.values()
    ]
    kinds = {word: kind for kind, word in form.kinds.items()}

    def recognise(answer: WireAnswer, body: Any, now_ms: int) -> Refusal:
        found = failed(form.failures, answer, body, now_ms)
        if found is not None:
            return found
        for pattern in patterns:
            if pattern.form.status == answer.status:
                meant = _match(pattern, body, kinds)
                if meant is not None:
                    return _refusal(pattern.form, meant, answer, now_ms)
        return _by_status(answer, now_ms)

    return recognise


def _leaves(template: Any, path: tuple[str | int, ...]) -> list[_Leaf]:
    if isinstance(template, dict):
        return [leaf for key, inner in template.items() for leaf in _leaves(inner, (*path, key))]
    if isinstance(template, list):
        return [leaf for i, inner in enumerate(template) for leaf in _leaves(inner, (*path, i))]
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        if whole:
            return [_Leaf(path, placeholder=whole[1])]
        if _PLACEHOLDER.search(template):
            return []  # words around a placeholder say nothing that can be relied on
    return [_Leaf(path, constant=template)]


def _match(pattern: _Pattern, body: Any, kinds: dict[str, str]) -> dict[str, str] | None:
    """The placeholders' values, if ``body`` can have come from the template."""
    meant: dict[str, str] = {}
    for leaf in pattern.leaves:
        value = dig(body, leaf.path)
        if not leaf.placeholder:
            if not same(value, leaf.constant):
                return None
        elif value is None:
            meant[leaf.placeholder] = ""
        elif not isinstance(value, str):
            return None
        else:
            meant[leaf.placeholder] = value
    if meant.get("code", pattern.form.code) != pattern.form.code:
        return None
    meant["kind"] = kinds.get(meant.get("kind", ""), "")
    return _described(pattern.form, meant)


def _described(form: RefusalForm, meant: dict[str, str]) -> dict[str, str] | None:
    """``None`` where the form has words of its own and these are others."""
    if "description" not in meant:
        return meant
    for kind, words in form.descriptions.items():
        if meant["description"] == words:
            return {**meant, "kind": kind}
    if form.description is not None and meant["description"] != form.description:
        return None
    return meant


def _refusal(form: RefusalForm, meant: dict[str, str], answer: WireAnswer, now_ms: int) -> Refusal:
    request_id = meant.get("request_id")
    return Refusal(
        form.code,
        meant.get("description", ""),
        where=meant.get("where", ""),
        name=meant.get("name", ""),
        kind=meant["kind"],
        retry_after_seconds=retry_after(answer, now_ms),
        outcome=form.outcome,
        logged=f"request {request_id}" if request_id else "",
    )


def _by_status(answer: WireAnswer, now_ms: int) -> Refusal:
    """What is left to go by when nothing in the body is known."""
    status = answer.status
    code, outcome = "invalid_request", ""
    if status == 429:
        code, outcome = "slow_down", "later"
    elif status >= 500 or status < 400:
        code, outcome = "temporarily_unavailable", "later"
    return Refusal(
        code,
        f"The provider answered with the status {status}.",
        retry_after_seconds=retry_after(answer, now_ms),
        outcome=outcome,
    )


def retry_after(answer: WireAnswer, now_ms: int) -> int | None:
    """Seconds to wait (RFC 9110 §10.2.3); ``None`` where the answer does not say, or says nonsense."""
    for name, value in answer.headers:
        if name.lower() == b"retry-after":
            text = value.decode("latin-1").strip()
            if text.isascii() and text.isdigit() and len(text) < 10:
                return int(text)
            # Rare, and as heavy as half of this package.
            from email.utils import parsedate_to_datetime

            try:
                at = parsedate_to_datetime(text).timestamp()
            except (ValueError, OverflowError):
                return None
            return max(0, round(at - now_ms / 1000))
    return None
