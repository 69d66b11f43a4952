"""Accepting an invitation: the one thing that each is good for, once."""

from __future__ import annotations

from typing import cast

from remint.errors import ConfigurationError, Conflict
from remint.issuer.actor import Actor, note
from remint.issuer.defaults import DEFAULT_WORKSPACE
from remint.issuer.installation import Installation
from remint.issuer.names import clean_name
from remint.issuer.people.accounts import (
    add_account,
    clean_email,
    replace_password,
    stored_password,
)
from remint.issuer.people.invitations import invitation_of, not_open
from remint.secret import Secret
from remint.store.peoplerecords import Account, Invitation
from remint.store.records import Role


def accept(
    installation: Installation,
    code: Secret,
    *,
    email: str = "",
    name: str = "",
    password: Secret | None = None,
    account: Account | None = None,
    origin: str,
) -> Account:
    """Does what the invitation of that code is for, and gives the account that may log in by it.

    - ``setup`` makes an operator of ``email``, ``name`` and ``password``, who owns the first workspace;
    - ``member`` gives ``account``, who is logged in, a role in the workspace, or makes an account of the
      invited address, ``name`` and ``password``;
    - ``password`` gives the account that ``password``, and ends its sessions.

    Raises ``NotFound`` for a code that is not open, also where somebody else was quicker;
    ``ConfigurationError`` (``email``, ``name``, ``password``) for a bad value; ``Conflict`` where somebody
    else is logged in than was invited, or the invited one has an account and is not logged in.
    """
    invitation = invitation_of(installation, code)
    if invitation.purpose == "setup":
        return _set_up(installation, invitation, clean_email(email), name, password, origin)
    if invitation.purpose == "password":
        return _renew_password(installation, invitation, password, origin)
    if account is not None:
        return _join(installation, invitation, account, origin)
    return _join_anew(installation, invitation, name, password, origin)


def _set_up(
    installation: Installation,
    invitation: Invitation,
    email: str,
    name: str,
    password: Secret | None,
    origin: str,
) -> Account:
    called, actor = clean_name(name), Actor(email, origin)
    stored = stored_password(_given(password), email)
    with installation.database.write():
        _use(installation, invitation)
        account = add_account(installation, email, called, stored, operator=True, actor=actor)
        present = installation.workspaces.all()
        first = present[0] if present else installation.workspaces.ensure(DEFAULT_WORKSPACE)
        _add_member(installation, first.id, account, "owner", actor)
    return account


def _join(
    installation: Installation, invitation: Invitation, account: Account, origin: str
) -> Account:
    if account.email != invitation.email:
        raise Conflict(
            f"the invitation is for {invitation.email}, and you are logged in as {account.email}"
        )
    with installation.database.write():
        _use(installation, invitation)
        _take_seat(installation, invitation, account, Actor(account.email, origin))
    return account


def _join_anew(
    installation: Installation,
    invitation: Invitation,
    name: str,
    password: Secret | None,
    origin: str,
) -> Account:
    email = invitation.email
    if installation.accounts.find(email) is not None:
        raise Conflict(f"there is an account for {email} already: log in, then open the link again")
    called, actor = clean_name(name), Actor(email, origin)
    stored = stored_password(_given(password), email)
    with installation.database.write():
        _use(installation, invitation)
        account = add_account(installation, email, called, stored, operator=False, actor=actor)
        _take_seat(installation, invitation, account, actor)
    return account


def _renew_password(
    installation: Installation, invitation: Invitation, password: Secret | None, origin: str
) -> Account:
    account = installation.accounts.numbered(invitation.account_id or 0)
    stored = stored_password(_given(password), account.email)
    with installation.database.write():
        _use(installation, invitation)
        actor = Actor(account.email, origin)
        replace_password(installation, account, stored, keep=None, actor=actor)
        return installation.accounts.numbered(account.id)


def _use(installation: Installation, invitation: Invitation) -> None:
    if not installation.invitations.use(invitation):
        raise not_open()


def _take_seat(
    installation: Installation, invitation: Invitation, account: Account, actor: Actor
) -> None:
    assert invitation.workspace_id is not None
    role = cast(Role, invitation.role)
    _add_member(installation, invitation.workspace_id, account, role, actor)


def _add_member(
    installation: Installation, workspace_id: int, account: Account, role: Role, actor: Actor
) -> None:
    installation.members.add(workspace_id, account.id, role)
    note(
        installation,
        "member_joined",
        actor,
        workspace_id=workspace_id,
        account=account.email,
        role=role,
    )


def _given(password: Secret | None) -> Secret:
    if password is None:
        raise ConfigurationError("a password is needed", key="password")
    return password
