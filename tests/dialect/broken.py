"""Dialect files with one thing wrong, and what the error says: file as a whole, calls, policy, answers."""

from __future__ import annotations

GOOD = """\
name = "vendor"
title = "Vendor"
[policy]
rotation = "rotate"
[call.refresh_token]
path = "/renew"
[call.refresh_token.request]
refresh_token = { in = "json" }
client_id = { in = "header", name = "X-Client" }
[answer]
status = 200
[answer.fields]
access_token = {}
expires_in = { name = "ttl" }
[refusal.codes.invalid_grant]
status = 403
"""


def broken(old, new):
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


REFRESH = 'refresh_token = { in = "json" }'
CLIENT = 'client_id = { in = "header", name = "X-Client" }'
STATUS = "status = 403\n"

# id: (text, line, key, words of the message, words of the expectation)
FILES = {
    "unknown key at the top": (
        broken('title = "Vendor"', 'titel = "Vendor"'),
        *(
            2,
            "titel",
            "'titel' is no key of a dialect; did you mean 'title'?",
            "one of name, title",
        ),
    ),
    "no name": (broken('name = "vendor"', ""), 1, None, "the key 'name' is missing", "name = "),
    "bad name": (
        broken('name = "vendor"', 'name = "Vendor 1"'),
        *(1, "name", "'Vendor 1' cannot name a dialect", "a lower-case word"),
    ),
    "title is a number": (
        broken('title = "Vendor"', "title = 5"),
        *(2, "title", "5 is not a string that says something", "a string"),
    ),
    "policy is a string": (
        broken('[policy]\nrotation = "rotate"', 'policy = "x"'),
        *(3, "policy", "is not a table", "a table that describes a policy"),
    ),
    "rotation misspelled": (
        broken('rotation = "rotate"', 'rotation = "rotated"'),
        *(4, "policy.rotation", "did you mean 'rotate'?", "one of rotate, keep"),
    ),
    "lifetime of zero": (
        broken('rotation = "rotate"', "access_lifetime_seconds = 0"),
        *(
            4,
            "policy.access_lifetime_seconds",
            "0 is no whole number from 1",
            "a whole number of s",
        ),
    ),
    "lifetime is true": (
        broken('rotation = "rotate"', "idle_lifetime_seconds = true"),
        *(
            4,
            "policy.idle_lifetime_seconds",
            "True is no whole number",
            "a whole number of seconds",
        ),
    ),
    "budget without a span": (
        broken('rotation = "rotate"', "budget = { renewals = 3 }"),
        *(4, "policy.budget", "the key 'per_seconds' is missing", "per_seconds = a whole number"),
    ),
    "budget with a stranger": (
        broken('rotation = "rotate"', "budget = { renewals = 3, per_second = 1 }"),
        *(
            4,
            "policy.budget.per_second",
            "did you mean 'per_seconds'?",
            "one of renewals, per_seco",
        ),
    ),
    "no call": (
        'name = "x"\n[answer]\nfields.access_token = {}\n',
        *(1, None, "the key 'call' is missing", "call = tables [call.refresh_token]"),
    ),
    "unknown grant": (
        broken("[call.refresh_token]\n", "[call.refresh]\n"),
        *(5, "call.refresh", "'refresh' is no grant type", "one of refresh_token, password"),
    ),
    "unknown key of a call": (
        broken('path = "/renew"', 'path = "/renew"\nmetod = "POST"'),
        *(7, "call.refresh_token.metod", "did you mean 'method'?", "one of method, path"),
    ),
    "no path": (
        broken('path = "/renew"', ""),
        *(5, "call.refresh_token", "the key 'path' is missing", "path = a path that starts with /"),
    ),
    "path without a slash": (
        broken('"/renew"', '"renew"'),
        *(6, "call.refresh_token.path", "'renew' is no path", "a path that starts with /"),
    ),
    "path with a query": (
        broken('"/renew"', '"/renew?x=1"'),
        *(6, "call.refresh_token.path", "is no path", "a path that starts with /"),
    ),
    "method unknown": (
        broken('path = "/renew"', 'path = "/renew"\nmethod = "DELETE"'),
        *(7, "call.refresh_token.method", "'DELETE' is not known", "one of GET, POST, PUT, PATCH"),
    ),
    "alias twice": (
        broken('path = "/renew"', 'path = "/renew"\naliases = ["/renew"]'),
        *(7, "call.refresh_token.aliases", "names a path twice", "other paths than the first"),
    ),
    "placeholder that nothing fills": (
        broken('"/renew"', '"/renew/{tenant}"'),
        *(5, "call.refresh_token", "disagree about {tenant}", "a placeholder in the path"),
    ),
    "alias beside a placeholder": (
        broken('"/renew"', '"/{refresh_token}"\naliases = ["/x"]').replace(
            'in = "json"', 'in = "path"'
        ),
        *(
            7,
            "call.refresh_token.aliases",
            "a path with placeholders is the only one",
            "no aliases",
        ),
    ),
    "status of a failure in an answer": (
        broken("status = 200", "status = 404"),
        *(11, "answer.status", "404 is no success", "an HTTP status from 200"),
    ),
    "no access token": (
        broken("access_token = {}\n", ""),
        *(12, "answer.fields", "there is no access_token", "access_token = {…}"),
    ),
    "no answer": (
        'name = "x"\n[call.refresh_token]\npath = "/x"\nrequest.refresh_token = { in = "form" }\n',
        *(1, None, "the key 'answer' is missing", "answer = a table [answer]"),
    ),
    "unknown meaning of an answer": (
        broken("access_token = {}", "access_token = {}\nexpires = {}"),
        *(14, "answer.fields.expires", "did you mean 'expires_in'?", "one of access_token"),
    ),
    "unknown format": (
        broken('name = "ttl"', 'format = "years"'),
        *(14, "answer.fields.expires_in.format", "'years' is not known", "one of seconds"),
    ),
    "format of another meaning": (
        broken('name = "ttl"', 'format = "iso8601"'),
        *(14, "answer.fields.expires_in.format", "'iso8601' is not known", "minutes"),
    ),
    "two fields of an answer at one place": (
        broken('name = "ttl"', 'name = "access_token"'),
        *(14, "answer.fields.expires_in", "stands where access_token stands", "a place of its own"),
    ),
    "an object where a field is": (
        broken("access_token = {}", 'access_token = { name = ["ttl", "x"] }'),
        *(
            14,
            "answer.fields.expires_in",
            "stands where access_token is nested",
            "a place of its own",
        ),
    ),
    "object that is not there": (
        broken("[answer.fields]", '[answer.objects]\ndata = { title = "X" }\n[answer.fields]'),
        *(13, "answer.objects.data", "is no object of this answer", "one of $"),
    ),
    "schema with a space": (
        broken("[answer.fields]", '[answer.objects]\n"$" = { schema = "A B" }\n[answer.fields]'),
        *(13, "answer.objects.$.schema", "cannot name a schema", "letters, digits"),
    ),
    "constant that says nothing": (
        broken("access_token = {}", "access_token = {}\nextras.ok = { value = true }"),
        *(14, "answer.fields.extras.ok.value", "does not travel says nothing", "a name as well"),
    ),
    "extras are no table": (
        broken("access_token = {}", "access_token = {}\nextras = 5"),
        *(14, "answer.fields.extras", "is not a table", "extras.NAME = {…}"),
    ),
    "unknown refusal": (
        broken("[refusal.codes.invalid_grant]", "[refusal.codes.invalid_token]"),
        *(15, "refusal.codes.invalid_token", "is no refusal code", "one of invalid_request"),
    ),
    "unknown outcome": (
        broken(STATUS, 'status = 403\noutcome = "fatal"\n'),
        *(17, "refusal.codes.invalid_grant.outcome", "'fatal' is not known", "one of dead, login"),
    ),
    "unknown placeholder": (
        broken(STATUS, 'body = { error = "{eror}" }\n'),
        *(16, "refusal.codes.invalid_grant.body.error", "'eror' is no placeholder", "one of code"),
    ),
    "body that is no object": (
        broken(STATUS, 'body = "no"\n'),
        *(16, "refusal.codes.invalid_grant.body", "'no' is not a table", "a template of JSON"),
    ),
    "unknown kind": (
        broken(STATUS, 'descriptions = { credential = "x" }\n'),
        *(
            16,
            "refusal.codes.invalid_grant.descriptions.credential",
            "did you mean 'credentials'?",
            "",
        ),
    ),
    "kind that is unknown": (
        GOOD + '[refusal.kinds]\nlenght = "x"\n',
        *(18, "refusal.kinds.lenght", "did you mean 'length'?", "one of missing"),
    ),
    "header that is no string": (
        broken(STATUS, "headers = { X-A = 5 }\n"),
        *(16, "refusal.codes.invalid_grant.headers.X-A", "5 is not a string", "a string"),
    ),
    "failure that recognises nothing": (
        GOOD + '[[failure]]\ncode = "invalid_grant"\n',
        *(17, "failure[0]", "recognises nothing", "status, or path with one of present"),
    ),
    "failure without a path": (
        GOOD + '[[failure]]\ncode = "invalid_grant"\nequals = 5\n',
        *(19, "failure[0].equals", "there is nothing to test", "a path as well"),
    ),
    "failure without a code": (
        GOOD + "[[failure]]\nstatus = 400\n",
        *(17, "failure[0]", "the key 'code' is missing", "code = a refusal code"),
    ),
    "failure with a status that is none": (
        GOOD + '[[failure]]\ncode = "invalid_grant"\nstatus = [400, 4000]\n',
        *(19, "failure[0].status", "is no HTTP status", "an HTTP status, or an array"),
    ),
    "failures that are no array": (
        GOOD + "[failure]\nstatus = 400\n",
        *(17, "failure", "is not an array of tables", "an array of tables"),
    ),
    "statuses that are none": (
        GOOD + "[openapi]\nstatuses = [42]\n",
        *(18, "openapi.statuses", "is no HTTP status", "an array of HTTP statuses"),
    ),
    "two calls that nothing tells apart": (
        GOOD + '[call.password]\npath = "/renew"\nrequest.username = { in = "json" }\n',
        *(17, "call.password", "nothing tells them apart", "a grant_type in the request of both"),
    ),
}
