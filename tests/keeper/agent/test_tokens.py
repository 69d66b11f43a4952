"""What callers are given: tokens that work, a status without secrets, and a no that says why."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from remint import Keeper
from tests.keeper.agent.agents import SECRET, Hold, backdate
from tests.keeper.provider import access_token, refresh_token, refusal, reply

CALLERS = 64
NAMES = ["user/7?x=1#y", "Zoë & Søn %41", "日本語", "a b", '"quoted"\\', "%2F", "..x", "token"]


def sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def test_a_token_and_how_to_use_it(stage, provider):
    """The answer has the token, when it ends in two ways, and the headers that the API wants."""
    stage.connect(provider, "acme")
    agent = stage.start()
    answer = agent.token("acme")
    assert answer.status == 200
    told = answer.json()
    token = access_token("acme", 1)
    ends = dt.datetime.fromisoformat(told.pop("expires_at"))
    left = told.pop("expires_in")
    assert told == {
        "access_token": token,
        "token_type": "Bearer",
        "headers": {"Authorization": f"Bearer {token}"},
    }
    assert 0 < left <= provider.lifetime_seconds
    assert abs((ends - dt.datetime.now(dt.UTC)).total_seconds() - left) < 5
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


def test_warm_tokens_cost_the_provider_nothing(stage, provider):
    """Only the first look goes to the store; neither goes to the provider."""
    stage.connect(provider, "acme")
    agent = stage.start()
    assert {agent.token("acme").json()["access_token"] for _ in range(5)} == {
        access_token("acme", 1)
    }
    assert provider.renewals == 1
    told = agent.metrics()
    assert told['remint_agent_tokens_total{from="cold"}'] == 1
    assert told['remint_agent_tokens_total{from="warm"}'] == 4


def test_any_printable_name(stage, provider):
    """Names are percent-decoded once, whatever stands in them."""
    for number, name in enumerate(NAMES):
        stage.connect(provider, name, subject=f"s{number}")
    agent = stage.start()
    for number, name in enumerate(NAMES):
        assert agent.token(name).json()["access_token"] == access_token(f"s{number}", 1)
        status = agent.ask("GET", f"/v1/connections/{quote(name, safe='')}").json()
        assert status["name"] == name


def test_an_unknown_connection(stage):
    """A name that is nobody's is 404, and is not logged: it may be a token that was pasted amiss."""
    agent = stage.start()
    answer = agent.token("pasted-amiss")
    assert answer.status == 404
    assert answer.json()["error"] == "unknown_connection"
    assert agent.ask("GET", "/v1/connections/pasted-amiss").status == 404
    assert agent.renew("pasted-amiss", {"rejected": "x"}).status == 404
    assert agent.stop() == 0
    assert "pasted-amiss" not in agent.said()


def test_a_dead_connection(stage, provider):
    """409 tells the provider's code and what a person has to do; asking again does not ask the provider."""
    stage.connect(provider, "acme")
    agent = stage.start()
    provider.do(lambda _provider, _call: refusal("invalid_grant"))
    rejected = {"rejected": access_token("acme", 1)}
    backdate(stage, "acme")
    answer = agent.renew("acme", rejected)
    assert answer.status == 409
    told = answer.json()
    assert (told["error"], told["code"], told["outcome"]) == (
        "connection_dead",
        "invalid_grant",
        "dead",
    )
    assert "remint connect acme" in told["error_description"]
    calls = len(provider.calls)
    assert agent.renew("acme", rejected).status == 409
    assert len(provider.calls) == calls
    assert agent.metrics()['remint_agent_connections{state="dead"}'] == 1


def test_a_renewal_that_is_delayed(stage, provider):
    """503 says when to come back, as the provider did."""
    stage.connect(provider, "acme")
    agent = stage.start()
    backdate(stage, "acme")
    provider.do(reply(503, b"", Retry_After="77"))
    answer = agent.renew("acme", {"rejected": access_token("acme", 1)})
    assert answer.status == 503
    assert answer.json()["error"] == "renewal_delayed"
    assert 60 <= int(answer.headers["retry-after"]) <= 77


def test_a_status_has_no_secrets(stage, provider):
    """One connection, and a list of them, by name and page by page."""
    names = [f"user-{number}" for number in range(5)]
    stage.connect(provider, *names)
    agent = stage.start()
    one = agent.ask("GET", "/v1/connections/user-3").json()
    assert (one["name"], one["dialect"], one["state"]) == ("user-3", "oauth2", "fresh")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["expires_at"])
    found, after, pages = [], "", []
    while after is not None:
        answer = agent.ask("GET", f"/v1/connections?limit=2&after={quote(after)}")
        page = answer.json()
        found += [each["name"] for each in page["connections"]]
        pages.append(answer.body.decode())
        after = page["next"]
    assert found == names
    for secret in (SECRET, "rt-user", "at-user"):
        assert secret not in "".join(pages) + str(one)


def test_a_rejected_token_is_replaced(stage, provider):
    """By itself or by its SHA-256; and only if it still is the newest."""
    stage.connect(provider, "acme")
    agent = stage.start()
    for generation, body in (
        (1, {"rejected": access_token("acme", 1)}),
        (2, {"rejected_token_sha256": sha256(access_token("acme", 2)).upper()}),
    ):
        backdate(stage, "acme")
        newer = access_token("acme", generation + 1)
        assert agent.renew("acme", body).json()["access_token"] == newer
        # Whoever comes late with the same gets what there is by now.
        assert agent.renew("acme", body).json()["access_token"] == newer
        assert agent.token("acme").json()["access_token"] == newer
    assert provider.renewals == 3


def test_a_young_token_is_not_renewed_for_being_rejected(stage, provider):
    """Only seconds old, the provider's next would be rejected for the same reason: it comes back as it is."""
    stage.connect(provider, "acme")
    agent = stage.start()
    body = {"rejected": access_token("acme", 1)}
    assert agent.renew("acme", body).json()["access_token"] == access_token("acme", 1)
    assert provider.renewals == 1


def test_another_process_has_renewed(stage, provider):
    """A token that this agent has at hand may be old: the digest is compared with what is stored."""
    stage.connect(provider, "acme")
    agent = stage.start()
    assert agent.token("acme").json()["access_token"] == access_token("acme", 1)
    with Keeper(stage.store) as keeper:
        keeper.renew("acme")
    answer = agent.renew("acme", {"rejected_token_sha256": sha256(access_token("acme", 1))})
    assert answer.json()["access_token"] == access_token("acme", 2)
    assert provider.renewals == 2


def test_a_renewal_at_will_has_to_be_allowed(stage, provider):
    """A renewal without a rejected token is refused, unless the agent was started to allow it."""
    stage.connect(provider, "acme")
    agent = stage.start()
    bodies: list[dict[str, str] | None] = [None, {}]
    for body in bodies:
        answer = agent.renew("acme", body)
        assert (answer.status, answer.json()["error"]) == (403, "renewal_not_allowed")
    assert provider.renewals == 1
    assert agent.stop() == 0
    agent = stage.start("--allow-renew")
    assert agent.renew("acme").json()["access_token"] == access_token("acme", 2)
    assert agent.renew("acme", {}).json()["access_token"] == access_token("acme", 3)


def test_many_callers_share_one_renewal(stage, provider):
    """64 callers at once whose token was rejected get the same new one, for one call of the provider."""
    stage.connect(provider, "acme")
    agent = stage.start()
    backdate(stage, "acme")
    provider.delay_seconds = 0.5
    body = {"rejected": access_token("acme", 1)}
    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda _: agent.renew("acme", body), range(CALLERS)))
    assert {answer.status for answer in answers} == {200}
    assert {answer.json()["access_token"] for answer in answers} == {access_token("acme", 2)}
    assert provider.renewals == 2


def test_a_slow_provider_delays_nobody_else(stage, provider):
    """While one connection is renewed, warm tokens of others and health pages go on."""
    stage.connect(provider, "slow", "warm")
    agent = stage.start()
    backdate(stage, "slow")
    hold = Hold(provider)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(agent.renew, "slow", {"rejected": access_token("slow", 1)})
        hold.reached()
        for _ in range(20):
            assert agent.token("warm").status == 200
            assert agent.ask("GET", "/readyz").status == 200
        assert not waiting.done()
        hold.let_go()
        assert waiting.result().json()["access_token"] == access_token("slow", 2)


def test_the_scheduler_keeps_connections_fresh(stage, provider):
    """What falls due is renewed with nobody asking."""
    provider.lifetime_seconds = 4
    stage.connect(provider, "acme")
    provider.lifetime_seconds = 3600
    agent = stage.start()
    while provider.renewals < 2:
        assert agent.process.poll() is None
    assert agent.token("acme").json()["access_token"] == access_token("acme", 2)
    assert agent.metrics()['remint_agent_renewals_total{outcome="renewed"}'] == 1


def test_an_expired_token_is_waited_for(stage, provider):
    """Where the scheduler has not come round to it yet, the caller waits for the renewal."""
    provider.lifetime_seconds = 1
    stage.connect(provider, "acme")
    provider.lifetime_seconds = 3600
    agent = stage.start()
    while agent.token("acme").json()["access_token"] == access_token("acme", 1):
        assert agent.process.poll() is None
    assert agent.token("acme").json()["access_token"] == access_token("acme", 2)
    assert refresh_token("acme", 2) not in agent.said()
