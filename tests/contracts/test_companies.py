"""Companies over a real socket: whose users log in by which app, and what their tokens say."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.tenants.companies import create_company
from remint.issuer.tenants.users import change_user, create_user
from remint.secret import Secret
from remint.store.records import User
from tests.contracts.callers import access_token_of, log_in_genlogs
from tests.contracts.verifiers import read
from tests.contracts.wire import Answer, Wire
from tests.contracts.workspace import Client, Person, Workspace
from tests.servers import RunningServer

PASSWORD = "correct horse battery"


class Company(NamedTuple):
    """A company's id, number and name, its app, and a user of its."""

    id: int
    number: int
    name: str
    client: Client
    person: Person
    user: User


@pytest.fixture(scope="module")
def companies(workspace: Workspace) -> tuple[Company, Company]:
    """Two companies in one workspace."""
    return tuple(_company(workspace, number) for number in (901, 902))  # type: ignore[return-value]


def _company(workspace: Workspace, number: int) -> Company:
    installation, home = workspace.installation, workspace.record
    made = create_company(installation, home, number, f"Company {number}")
    draft = AppDraft(name="Its app", dialect="genlogs", workspace=home, company=made.id)
    app = create_app(installation, draft)
    assert app.api_key is not None
    name = f"someone@{number}.test"
    user = create_user(installation, name, Secret(PASSWORD), workspace=home, company=made.id).user
    client = Client(app.app, "", app.api_key.reveal())
    return Company(made.id, number, made.name, client, Person(name, PASSWORD, user.subject), user)


def test_a_company_is_said_in_the_first_answer_and_in_the_token(
    wire: Wire, server: RunningServer, companies: tuple[Company, Company]
):
    """Its number as ``company_id``, its name as ``customer_name``, of app and user alike."""
    for each in companies:
        answer = log_in_genlogs(wire, each.client, each.person)
        assert answer.status == 200, answer
        assert (answer.json["company_id"], answer.json["customer_name"]) == (each.number, each.name)
        claims = read(wire, access_token_of(answer), server.base_url)
        assert (claims["company_id"], claims["customer_name"]) == (each.number, each.name)
        assert claims["sub"] == each.person.subject


def test_a_user_of_one_company_does_not_log_in_by_anothers_app(
    wire: Wire, workspace: Workspace, companies: tuple[Company, Company]
):
    """The answer is that to a wrong password: it does not tell that the password was right."""
    ours, theirs = companies
    told = log_in_genlogs(wire, theirs.client, ours.person)
    wrong = log_in_genlogs(wire, ours.client, Person(ours.person.username, "wrong", ""))
    assert _said(told) == _said(wrong)
    assert told.status == 401
    create_user(workspace.installation, "nobodys", Secret(PASSWORD), workspace=workspace.record,
                claims={"company_id": 1})  # fmt: skip
    nobodys = log_in_genlogs(wire, theirs.client, Person("nobodys", PASSWORD, ""))
    assert _said(nobodys) == _said(wrong)


def test_who_changes_company_logs_in_there(
    wire: Wire, workspace: Workspace, companies: tuple[Company, Company]
):
    """From the next log-in on, by the other's app and no longer by the old one's."""
    ours, theirs = companies
    installation = workspace.installation
    mover = create_user(
        installation, "mover@test", Secret(PASSWORD), workspace=workspace.record, company=ours.id
    ).user
    person = Person("mover@test", PASSWORD, mover.subject)
    assert log_in_genlogs(wire, ours.client, person).status == 200
    change_user(installation, mover, company=theirs.id)
    assert log_in_genlogs(wire, ours.client, person).status == 401
    answer = log_in_genlogs(wire, theirs.client, person)
    assert answer.json["company_id"] == theirs.number


def _said(answer: Answer) -> tuple[int, object]:
    return answer.status, answer.json
