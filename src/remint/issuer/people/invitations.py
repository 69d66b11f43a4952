"""Links that are good once: to set the console up, to join a workspace, to choose a new password.

A link's code travels in the address's fragment, which no browser sends and no server logs.
"""

from __future__ import annotations

from typing import Final, get_args

import msgspec

from remint.errors import ConfigurationError, Conflict, NotFound
from remint.issuer.actor import COMMAND, Actor, note
from remint.issuer.installation import Installation
from remint.issuer.people.accounts import clean_email
from remint.secret import Secret
from remint.store.invitations import NewInvitation
from remint.store.peoplerecords import Account, Invitation, Purpose
from remint.store.records import Role, Workspace
from remint.token.credentials import fingerprint, looks_like, mint_invitation

MEMBER_SECONDS: Final = 7 * 86_400
#: What makes an operator, or takes an account over, is good for less.
SHORT_SECONDS: Final = 86_400
_PAGES: Final[dict[Purpose, str]] = {
    "setup": "/console/setup",
    "member": "/console/invitation",
    "password": "/console/password",
}


class Invited(msgspec.Struct, frozen=True):
    """A new invitation, and its code, which is shown once."""

    invitation: Invitation
    code: Secret


def invite(
    installation: Installation, workspace: Workspace, email: str, role: Role, *, actor: Actor
) -> Invited:
    """Invites somebody into a workspace; an open invitation for the same address there ends.

    Raises ``Conflict`` for who is a member already, ``ConfigurationError`` for a bad address or role.
    """
    address = clean_email(email)
    check_role(role)
    with installation.database.write():
        members = installation.members.of_workspace(workspace.id)
        if any(member.email == address for member in members):
            raise Conflict(f"{address} is a member of the workspace already")
        invited = _create(
            installation,
            actor,
            "member",
            MEMBER_SECONDS,
            workspace_id=workspace.id,
            email=address,
            role=role,
        )
        note(installation, "invited", actor, workspace_id=workspace.id, account=address, role=role)
    return invited


def setup_code(installation: Installation) -> Secret | None:
    """The code that makes the first account, in the place of any before it; ``None`` once there is one."""
    with installation.database.write():
        if not installation.accounts.is_empty():
            return None
        return _create(installation, COMMAND, "setup", SHORT_SECONDS).code


def setup_link(installation: Installation) -> Secret | None:
    """The whole address of ``setup_code``."""
    code = setup_code(installation)
    return None if code is None else link(installation, "setup", code)


def password_code(installation: Installation, account: Account, *, actor: Actor) -> Secret:
    """A code to choose a new password by, in the place of any before it.

    Raises ``Conflict`` for an account that is disabled.
    """
    with installation.database.write():
        if installation.accounts.numbered(account.id).disabled_at:
            raise Conflict(f"the account {account.email} is disabled")
        invited = _create(
            installation,
            actor,
            "password",
            SHORT_SECONDS,
            account_id=account.id,
            email=account.email,
        )
        note(installation, "password_link_made", actor, account=account.email)
    return invited.code


def link(installation: Installation, purpose: Purpose, code: Secret) -> Secret:
    """The address to give to the person. It is as secret as the code."""
    return Secret(f"{installation.settings.base_url}{_PAGES[purpose]}#{code.reveal()}")


def invitation_of(installation: Installation, code: Secret) -> Invitation:
    """The open invitation of that code. Raises ``NotFound``, in the same words whatever is wrong."""
    text = code.reveal()
    found = None
    if looks_like("invitation", text):
        found = installation.invitations.find(fingerprint(text))
    if found is None or not _leads_somewhere(installation, found):
        raise not_open()
    return found


def not_open() -> NotFound:
    """The error for a link that was used, withdrawn, has run out or never was."""
    return NotFound("this link is not good, or not any more: ask who gave it to you for a new one")


def invitations(installation: Installation, workspace: Workspace) -> list[Invitation]:
    """The open invitations to a workspace, newest first."""
    return installation.invitations.of_workspace(workspace.id)


def revoke_invitation(
    installation: Installation, workspace: Workspace, invitation_id: int, *, actor: Actor
) -> None:
    """Ends an open invitation to that workspace. Raises ``NotFound``."""
    with installation.database.write():
        if not installation.invitations.revoke(workspace.id, invitation_id):
            raise NotFound(f"there is no open invitation {invitation_id}")
        note(
            installation,
            "invitation_revoked",
            actor,
            workspace_id=workspace.id,
            invitation=invitation_id,
        )


def check_role(role: str) -> None:
    """Raises ``ConfigurationError`` for what is no role."""
    if role not in get_args(Role):
        raise ConfigurationError(
            f"{role!r} is no role", key="role", expected=" or ".join(get_args(Role))
        )


def _create(
    installation: Installation, actor: Actor, purpose: Purpose, seconds: int, **whose: object
) -> Invited:
    code = mint_invitation(installation.entropy)
    until = installation.clock.now_ms() // 1000 + seconds
    new = NewInvitation(purpose, actor.name, until, **whose)  # type: ignore[arg-type]
    return Invited(installation.invitations.create(new, fingerprint(code.reveal())), code)


def _leads_somewhere(installation: Installation, invitation: Invitation) -> bool:
    if invitation.purpose == "setup":
        return installation.accounts.is_empty()
    if invitation.purpose == "member":
        return not installation.workspaces.numbered(invitation.workspace_id or 0).closed_at
    return not installation.accounts.numbered(invitation.account_id or 0).disabled_at
