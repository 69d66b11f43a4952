"""Sales channels: a code, and the field by which products are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.errors import ConfigurationError, Conflict, StaleVersion
from remint.issuer.apps.saleschannels import (
    LONGEST_CODE,
    PRODUCT_IDENTIFIERS,
    _check_code,
    end_sales_channel,
    proposed_code,
    turn_into_sales_channel,
)
from tests.issuer.apps.conftest import BY_BEN, again, made
from tests.issuer.people.conftest import told, trail


@pytest.mark.parametrize("identifier", PRODUCT_IDENTIFIERS)
def test_the_choice_travels_in_the_tokens(installation, app, identifier):
    """With the code, which is drawn from the app's name."""
    channel = turn_into_sales_channel(installation, app, identifier, expected=1, actor=BY_BEN)
    assert channel.token_claims == {
        "sales_channel": "ACME-ORDERS", "product_identifier": identifier
    }  # fmt: skip
    assert channel.version == 2
    assert trail(installation)[0].detail == channel.token_claims


def test_codes_are_unique_in_the_installation(installation, workspace):
    """A drawn one gets a number, in another workspace too; a given one that is taken is refused."""
    other = installation.workspaces.ensure("other")
    codes = []
    for place in (workspace, other, workspace):
        app = made(installation, place, "Acme, Orders!")
        codes.append(turn_into_sales_channel(installation, app, "sku").sales_channel)
    assert codes == ["ACME-ORDERS", "ACME-ORDERS-2", "ACME-ORDERS-3"]
    last = made(installation, workspace, "X")
    with pytest.raises(Conflict, match="'ACME-ORDERS-2' exists already"):
        turn_into_sales_channel(installation, last, "sku", code="ACME-ORDERS-2")
    assert again(installation, last) == last


def test_a_channel_keeps_its_code_when_the_field_changes(installation, app):
    """Until another code is given; ended, the code is free again."""
    turn_into_sales_channel(installation, app, "sku")
    changed = turn_into_sales_channel(installation, again(installation, app), "ean")
    assert (changed.sales_channel, changed.product_identifier) == ("ACME-ORDERS", "ean")
    changed = turn_into_sales_channel(installation, changed, "upc", code="A1")
    assert (changed.sales_channel, changed.product_identifier) == ("A1", "upc")
    ended = end_sales_channel(installation, changed, expected=4, actor=BY_BEN)
    assert (ended.sales_channel, ended.product_identifier, ended.token_claims) == (None, "", {})
    with pytest.raises(Conflict, match="is no sales channel"):
        end_sales_channel(installation, ended)
    assert told(installation)[-1] == "sales_channel_ended"


def test_the_later_of_two_writers_is_told(installation, app):
    """What the first one chose stays."""
    turn_into_sales_channel(installation, app, "sku", expected=1)
    with pytest.raises(StaleVersion):
        turn_into_sales_channel(installation, app, "gtin", expected=1)
    with pytest.raises(StaleVersion):
        end_sales_channel(installation, again(installation, app), expected=1)
    assert again(installation, app).product_identifier == "sku"


@pytest.mark.parametrize(
    "identifier, code, key",
    [
        ("asin", "", "product_identifier"),
        ("", "", "product_identifier"),
        ("sku", "A", "code"),
        ("sku", "acme", "code"),
        ("sku", "-A", "code"),
        ("sku", "A-", "code"),
        ("sku", "A" * 33, "code"),
        ("sku", "A B", "code"),
        ("sku", "Ä1", "code"),
        ("sku", "AB\n", "code"),
    ],
)
def test_what_will_not_do_is_named(installation, app, identifier, code, key):
    """With what would."""
    with pytest.raises(ConfigurationError) as caught:
        turn_into_sales_channel(installation, app, identifier, code=code)
    assert caught.value.key == key
    assert caught.value.expected
    assert again(installation, app) == app


@given(st.text())
def test_every_name_leads_to_a_code(name):
    """Whatever people call their apps."""
    _check_code(proposed_code(name))


@pytest.mark.parametrize("name", ["商店", "!", "", "A"])
def test_a_name_without_letters_of_the_code_leads_to_a_plain_one(name):
    """Rather than to none."""
    assert proposed_code(name) == "CHANNEL"


def test_a_long_name_leads_to_a_code_that_fits(installation, workspace):
    """The second one too, with its number."""
    name = "a long name that goes on and on and on"
    codes = [
        turn_into_sales_channel(installation, made(installation, workspace, name), "sku")
        for _ in range(3)
    ]
    found = [each.sales_channel or "" for each in codes]
    assert len(set(found)) == 3
    assert all(len(each) <= LONGEST_CODE for each in found)
    assert found[1] == found[0][: LONGEST_CODE - 2].rstrip("-") + "-2"
