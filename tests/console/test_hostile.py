"""What nobody means well by, and what clumsy hands send: the console answers it, and gives nothing away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from remint.issuer.settings import Settings
from tests.console.people import PASSWORD, account
from tests.console.visitor import Visitor, hidden
from tests.servers import RunningServer, serving

ADA = "ada@example.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("hostile") / "data")
    with serving(settings) as running:
        account(running, ADA, operator=True)
        yield running


@pytest.fixture
def stranger(server: RunningServer) -> Visitor:
    return Visitor(server.base_url)


@pytest.mark.parametrize(
    "query", ["name=x", "self=x", "workspace=7", "name=x&name=y", "=", "%00=%ff"]
)
def test_any_query_leads_a_stranger_to_the_log_in(stranger, query):
    """A parameter that nobody asked for is carried along, whatever it is called."""
    answer = stranger.get(f"/console/account?{query}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/login?next=%2Fconsole%2Faccount")


def test_too_many_parameters_are_refused_in_words(stranger):
    """An address with hundreds of parameters is no fault of ours."""
    answer = stranger.get("/console/login?" + "&".join(f"a{each}=1" for each in range(300)))
    assert answer.status_code == 400
    assert "too many parameters" in answer.text
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("wanted", ["/console/☃", "/console?x=é", "/console/\u202egnp.exe"])
def test_a_log_in_leads_nowhere_that_no_header_can_name(stranger, wanted):
    """Who logs in is logged in, though ``next`` be no address."""
    form = stranger.get("/console/login")
    fields = {**hidden(form, "/console/login"), "next": wanted}
    answer = stranger.post("/console/login", {**fields, "email": ADA, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")


def test_a_flood_of_log_ins_stops_nobody_who_is_in(server):
    """A hundred log-ins at once: some are told to come back, and pages of the others are answered."""
    ada = Visitor(server.base_url)
    assert ada.log_in(ADA, PASSWORD).status_code == 303
    flood = Visitor(server.base_url)
    form = flood.get("/console/login")
    fields = {**hidden(form, "/console/login"), "password": "not the one"}

    def knock(number: int) -> int:
        mine = Visitor(server.base_url)
        mine.cookies = dict(flood.cookies)
        fields_of_one = {**fields, "email": f"{number}@example.com"}
        return mine.post("/console/login", fields_of_one).status_code

    with ThreadPoolExecutor(100) as threads:
        knocks = [threads.submit(knock, number) for number in range(100)]
        seen = [ada.get("/console/account").status_code for _ in range(5)]
        answers = {each.result() for each in knocks}
    assert seen == [200] * 5
    assert answers <= {422, 429, 503}
    assert ada.get("/console/account").status_code == 200
