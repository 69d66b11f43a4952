"""Users and companies: made, found, changed, disabled, given a new password."""

from __future__ import annotations

import pytest

from remint.issuer.tenants.users import users
from remint.issuer.tenants.workspaces import workspace
from tests.console.login import log_in
from tests.console.people import opened
from tests.console.visitor import Visitor

HERE = "/console/workspaces/1/users"
COMPANIES = "/console/workspaces/1/companies"


@pytest.fixture
def owner(server, workshop):
    visitor = Visitor(server.base_url)
    assert visitor.log_in(workshop.owner.email, workshop.owner.password).status_code == 303
    return visitor


def user_named(server, name):
    with opened(server) as installation:
        [found] = users(installation, workspace(installation, 1), query=name)
        return found


def test_making_a_user(as_owner, server, axe):
    """The password is drawn and shown once; the user is there, with company and claims."""
    page = as_owner
    page.goto(HERE)
    axe(page)
    page.get_by_role("link", name="Make a user").click()
    axe(page)
    page.get_by_label("User name").fill("bea@northwind.example")
    page.get_by_label("Company").select_option("Northwind Traders (1001)")
    page.get_by_label("Claims").fill('{"desk": 7}')
    page.get_by_role("button", name="Make the user").click()
    page.get_by_text("Shown once").wait_for()
    axe(page)
    assert len(page.get_by_label("Password", exact=True).input_value()) > 15
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="bea@northwind.example").click()
    axe(page)
    assert page.get_by_label("Claims").input_value() == '{\n  "desk": 7\n}'
    assert user_named(server, "bea@northwind.example").token_claims == {
        "desk": 7,
        "company_id": 1001,
        "customer_name": "Northwind Traders",
    }


def test_claims_that_are_no_json(as_owner, axe):
    """Broken JSON is told at the field with line and column, and stays to be mended."""
    page = as_owner
    page.goto(f"{HERE}/new")
    page.get_by_label("User name").fill("cleo@northwind.example")
    page.get_by_label("Claims").fill('{"desk": 7,\n}')
    page.get_by_role("button", name="Make the user").click()
    page.get_by_role("alert").get_by_text("ine 2, column 1").wait_for()
    assert page.get_by_label("Claims").input_value() == '{"desk": 7,\n}'
    axe(page)


def test_searching_a_user(as_owner):
    """A part of the name finds the user as it is typed; what finds nobody says so."""
    page = as_owner
    page.goto(HERE)
    page.get_by_label("User name").press_sequentially("nobody")
    page.get_by_text("Nobody is called that").wait_for()
    page.get_by_label("User name").fill("AMELIE")
    page.get_by_role("link", name="amelie@northwind.example").wait_for()
    page.get_by_role("status").get_by_text("1 found").wait_for()
    assert page.url.endswith("?q=AMELIE")


def test_searching_without_scripts(profiles, workshop):
    """Without scripts the button searches."""
    page = profiles(java_script_enabled=False).page()
    log_in(page, workshop.viewer)
    page.goto(HERE)
    page.get_by_label("User name").fill("amelie")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="amelie@northwind.example").wait_for()


def test_two_on_one_user(as_owner, profiles, workshop, server):
    """The later of two is told what is there now, and saves only when asked again."""
    user = f"{HERE}/{workshop.places['user']}"
    later = profiles().page()
    log_in(later, workshop.owner)
    later.goto(user)
    as_owner.goto(user)
    as_owner.get_by_label("Claims").fill('{"desk": 1}')
    as_owner.get_by_role("button", name="Save").click()
    as_owner.get_by_text("Saved.").wait_for()
    later.get_by_label("Claims").fill('{"desk": 2}')
    later.get_by_role("button", name="Save").click()
    told = later.get_by_role("alert")
    told.get_by_text("nothing of yours was saved").wait_for()
    assert '"desk": 1' in told.inner_text()
    assert user_named(server, "amelie@northwind.example").claims == {"desk": 1}
    later.get_by_role("button", name="Save").click()
    later.get_by_text("Saved.").wait_for()
    assert user_named(server, "amelie@northwind.example").claims == {"desk": 2}


def test_disabling_and_a_new_password(as_owner, workshop):
    """Asked first, a user is disabled and enabled; a new password is shown once."""
    page = as_owner
    page.goto(f"{HERE}/{workshop.places['user']}")
    page.get_by_role("link", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    page.get_by_text("amelie@northwind.example is disabled.").wait_for()
    page.get_by_role("link", name="Enable").click()
    page.get_by_role("dialog").get_by_role("button", name="Enable").click()
    page.get_by_text("amelie@northwind.example is enabled.").wait_for()
    page.get_by_role("link", name="New password").click()
    page.get_by_role("dialog").get_by_role("button", name="Draw a new password").click()
    page.get_by_text("Shown once").wait_for()
    assert len(page.get_by_label("Password", exact=True).input_value()) > 15


def test_a_stale_password(owner, workshop, server):
    """A password is not drawn over a change that the reader has not seen."""
    address = f"{HERE}/{workshop.places['user']}/password"
    page = owner.get(address)
    answer = owner.send(page, address, version="1000")
    assert answer.status_code == 412
    assert "Nothing was overwritten" in answer.text


def test_a_viewer_reads(server, workshop):
    """A viewer sees what tokens say of a user, and no form."""
    viewer = Visitor(server.base_url)
    viewer.log_in(workshop.viewer.email, workshop.viewer.password)
    page = viewer.get(f"{HERE}/{workshop.places['user']}")
    assert page.status_code == 200
    assert "customer_name" in page.text
    assert 'name="claims"' not in page.text
    assert viewer.get(f"{HERE}/new").status_code == 403


def test_making_and_renaming_a_company(as_owner, axe):
    """A company has a number for good and a name that can change; partners stand beside."""
    page = as_owner
    page.goto(COMPANIES)
    axe(page)
    assert page.get_by_role("table", name="Partners").get_by_text("Northwind feed").is_visible()
    page.get_by_role("link", name="Make a company").click()
    axe(page)
    page.get_by_label("Number").fill("1003")
    page.get_by_role("textbox", name="Name").fill("Fabrikam")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("Fabrikam was made.").wait_for()
    page.get_by_role("row").filter(has_text="Fabrikam").get_by_role("link", name="Rename").click()
    axe(page)
    page.get_by_role("textbox", name="Name").fill("Fabrikam Freight")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The company is called Fabrikam Freight now.").wait_for()


@pytest.mark.parametrize(
    "number, said", [("1001", "1001"), ("x", "whole number"), ("0", "whole number")]
)
def test_a_number_that_will_not_do(owner, number, said):
    """A taken number and what is no number are told on the form."""
    page = owner.get(f"{COMPANIES}/new")
    answer = owner.send(page, f"{COMPANIES}/new", number=number, name="Contoso")
    assert answer.status_code == 422
    assert said in answer.text.partition('role="alert"')[2].partition("</div>")[0]


def test_a_stale_name(owner, workshop):
    """The later of two who rename a company is told the name that it has now."""
    address = f"{COMPANIES}/{workshop.places['company']}"
    first, second = owner.get(address), owner.get(address)
    assert owner.send(first, address, name="Northwind").status_code == 303
    late = owner.send(second, address, name="Southwind")
    assert late.status_code == 412
    assert "<code>Northwind</code>" in late.text
    assert owner.send(late, address, name="Northwind Traders").status_code == 303
    assert "Southwind" not in owner.get(COMPANIES).text


@pytest.mark.parametrize("address", [HERE, COMPANIES])
def test_a_long_list_goes_on(owner, server, address):
    """Beyond fifty rows there is a next page, and from it a way back."""
    with opened(server) as installation:
        for number in range(60):
            if address == HERE and installation.people.find(1, f"many{number}") is None:
                installation.people.create(
                    1, f"many{number}", subject=f"many{number}", password_hash="-", claims={}
                )
            elif address == COMPANIES:
                installation.companies.create(1, 5000 + number, f"Many {number}")
    page = owner.get(address)
    assert page.text.count('role="rowheader"') >= 50
    link = page.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    further = owner.get(link.replace("&amp;", "&"))
    assert "From the beginning" in further.text
    assert owner.get(f"{address}?after=x").status_code == 404
