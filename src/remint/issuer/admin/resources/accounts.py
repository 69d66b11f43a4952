"""Accounts: the people who work in the console."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import number_of, page_of
from remint.issuer.admin.fields import Moment, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.people import accounts as use
from remint.issuer.people.invitations import link, password_code
from remint.issuer.people.sessions import end_others
from remint.secret import OwnRepr, Secret
from remint.store import peoplerecords

_TAG: Final = "Accounts"
_ALL: Final = "/accounts"
_ONE: Final = f"{_ALL}/{{account}}"

AccountName = Annotated[str, Meta(min_length=1, max_length=200, examples=["Ada Lovelace"])]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may log in to the console."""

    id: int
    email: str
    name: str
    operator: Annotated[bool, Meta(description="Whether they run the whole installation.")]
    disabled: bool
    created_at: Moment | None
    version: int


class AccountNew(OwnRepr, msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to be made. Mostly, an invitation is better: then nobody else knows the password."""

    email: Annotated[str, Meta(min_length=3, max_length=254, examples=["ada@example.com"])]
    name: AccountName
    password: Annotated[Secret, Meta(description="12 characters or more.")]
    operator: bool = False


class AccountChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; the rest stays."""

    name: AccountName | UnsetType = UNSET
    operator: bool | UnsetType = UNSET
    disabled: Annotated[bool, Meta(description="Ends their sessions, too.")] | UnsetType = UNSET


class SessionsEnded(msgspec.Struct, frozen=True, kw_only=True):
    """What a log-out everywhere came to."""

    sessions_ended: int


class PasswordLink(OwnRepr, msgspec.Struct, frozen=True, kw_only=True):
    """A way to a new password, shown once."""

    code: Annotated[Secret, Meta(description="Good once, for a day. Shown once.")]
    link: Annotated[Secret, Meta(description="Where the person goes. It holds the code.")]


def _shown(account: peoplerecords.Account) -> Account:
    return Account(
        id=account.id,
        email=account.email,
        name=account.name,
        operator=account.operator,
        disabled=bool(account.disabled_at),
        created_at=moment(account.created_at),
        version=account.version,
    )


def _one(account: peoplerecords.Account, *, location: str = "") -> Answer:
    return Answer(body=_shown(account), version=account.version, location=location)


def _account(call: Call) -> peoplerecords.Account:
    return call.installation.accounts.numbered(call.number("account"))


def _list(call: Call) -> Answer:
    limit = call.query.limit
    after = number_of("accounts", call.query.cursor) or 0
    found = use.accounts(call.installation, after=after, limit=limit + 1)
    return Answer(
        body=page_of("accounts", found, limit=limit, place=lambda each: each.id, show=_shown)
    )


def _create(call: Call) -> Answer:
    made = use.create_account(
        call.installation,
        call.body.email,
        call.body.name,
        call.body.password,
        operator=call.body.operator,
        actor=call.actor,
    )
    return _one(made, location=f"/accounts/{made.id}")


def _show(call: Call) -> Answer:
    return _one(_account(call))


def _change(call: Call) -> Answer:
    given = {
        name: each for name, each in msgspec.structs.asdict(call.body).items() if each is not UNSET
    }
    changed = use.change_account(
        call.installation, _account(call), **given, expected=call.expected, actor=call.actor
    )
    return _one(changed)


def _link(call: Call) -> Answer:
    code = password_code(call.installation, _account(call), actor=call.actor)
    return Answer(body=PasswordLink(code=code, link=link(call.installation, "password", code)))


def _log_out(call: Call) -> Answer:
    ended = end_others(call.installation, _account(call), None, actor=call.actor)
    return Answer(body=SessionsEnded(sessions_ended=ended))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_accounts",
        tag=_TAG,
        summary="The accounts of the installation, oldest first",
        handler=_list,
        permission="accounts:read",
        query=Paging,
        response=Page[Account],
        command="account list",
        page="accounts",
    ),
    Operation(
        method="POST",
        path=_ALL,
        name="create_account",
        tag=_TAG,
        summary="Make an account",
        handler=_create,
        permission="accounts:write",
        request=AccountNew,
        response=Account,
        status=201,
        creates=True,
        command="account create",
        page="no: in the console people are invited, and choose their own password",
    ),
    Operation(
        method="GET",
        path=_ONE,
        name="show_account",
        tag=_TAG,
        summary="One account",
        handler=_show,
        permission="accounts:read",
        response=Account,
        command="account show",
        page="account-of",
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        name="change_account",
        tag=_TAG,
        summary="Rename an account, make it an operator's, disable or enable it",
        description="The last operator stays one.",
        handler=_change,
        permission="accounts:write",
        request=AccountChanges,
        response=Account,
        versioned="required",
        command="account change",
        page="account-of",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/password-links",
        name="create_password_link",
        tag=_TAG,
        summary="Make a link by which a person chooses a new password; it is shown once",
        handler=_link,
        permission="accounts:write",
        response=PasswordLink,
        status=201,
        creates=True,
        command="account link",
        page="account-link",
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/end-sessions",
        name="end_sessions",
        tag=_TAG,
        summary="End every session of an account; the person may log in again",
        handler=_log_out,
        permission="accounts:write",
        response=SessionsEnded,
        command="account log-out",
        page="no: people end their own there; an operator disables an account, which ends them as well",
    ),
)
