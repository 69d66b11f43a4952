"""What is wrong with a form, by field, and JSON that a person typed."""

from __future__ import annotations

import pytest

from remint.errors import ConfigurationError, Conflict, NotFound, StaleVersion
from remint.issuer.console.forms import Problems
from remint.issuer.console.jsonfield import json_object, json_text


def collected(error, *fields, **options):
    problems = Problems(*fields, **options)
    with problems.collecting():
        raise error
    return problems.errors


def test_a_key_leads_to_its_field():
    """What a use case refuses stands at the field that its key names, with what would do."""
    error = ConfigurationError("is too short", key="name", expected="2 letters or more")
    assert collected(error, "name") == {"name": "Is too short. Expected: 2 letters or more."}


@pytest.mark.parametrize(
    "key, field",
    [("claims.company_id", "claims"), ("policy rotation", "rotation"), ("days", "period")],
)
def test_a_key_of_more_than_a_field(key, field):
    """A key that says more than the field, or goes by another name, still leads to the field."""
    error = ConfigurationError("is wrong", key=key)
    [found] = collected(error, "claims", "rotation", "period", names={"days": "period"})
    assert found == field


def test_a_part_of_a_field_is_named():
    """Where the fault is inside a field, the words say where."""
    error = ConfigurationError("must be an integer", key="claims.company_id")
    assert collected(error, "claims") == {"claims": "company_id: Must be an integer."}


@pytest.mark.parametrize("error", [Conflict("it is taken"), ConfigurationError("it is taken")])
def test_what_is_of_no_field_stands_on_top(error):
    """A conflict, and a fault without a field of this form, are told on top."""
    assert collected(error, "name") == {"": "It is taken."}


@pytest.mark.parametrize("error", [StaleVersion("changed"), NotFound("gone"), RuntimeError("oops")])
def test_what_is_no_fault_of_the_form_goes_on(error):
    """A later version, something that is gone and a fault of ours are not collected."""
    with pytest.raises(type(error)):
        collected(error, "name")


def test_the_first_words_stand():
    """A field says one thing."""
    problems = Problems("name")
    assert not problems
    problems.add("name", "First.")
    problems.add("name", "Second.")
    assert problems.errors == {"name": "First."}


@pytest.mark.parametrize(
    "value", [{}, {"plan": "gold", "seats": [1, 2.5, None]}, {"ä": {"b": True}}]
)
def test_an_object_comes_back(value):
    """What is shown to be edited is read as what it was."""
    assert json_object(json_text(value), "claims") == value


@pytest.mark.parametrize(
    "text, said",
    [
        ('{"a": 1,\n "b" 2}', "line 2, column 6: Expecting ':' delimiter"),
        ("[1]", "this is no object"),
        ('{"a": 1, "a": 2}', "'a' is said twice"),
        ('{"a": NaN}', "NaN is no number in JSON"),
        ('{"a":' * 100_000, "it is nested too deeply"),
        ('{"a": 1e999}', "1e999 is too large a number"),
        ('{"a": %s}' % ("9" * 5000), "a number of 5000 digits is too long"),
        ('{"a": "\\ud800"}', "it has half a character in it"),
    ],
)
def test_what_is_no_object_is_told(text, said):
    """Broken JSON is told with its place; what is JSON but no object, or says a thing twice, too."""
    with pytest.raises(ConfigurationError) as caught:
        json_object(text, "claims")
    assert caught.value.message == said
    assert caught.value.key == "claims"
