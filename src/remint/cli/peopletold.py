"""Accounts, members, invitations and admin keys as commands tell them. Never what one is checked by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remint.cli.output import moment

if TYPE_CHECKING:
    from remint.store.peoplerecords import Account, AdminKey, Invitation, Member, Session


def told_account(account: Account) -> dict[str, Any]:
    """An account."""
    return {
        "id": account.id,
        "email": account.email,
        "name": account.name,
        "operator": account.operator,
        "created_at": moment(account.created_at),
        "disabled_at": moment(account.disabled_at),
    }


def told_session(session: Session) -> dict[str, Any]:
    """A session: since when, when last seen, and from where."""
    return {
        "created_at": moment(session.created_at),
        "seen_at": moment(session.seen_at),
        "origin": session.origin,
        "agent": session.agent,
    }


def told_member(member: Member) -> dict[str, Any]:
    """A member."""
    return {
        "id": member.id,
        "email": member.email,
        "name": member.name,
        "role": member.role,
        "created_at": moment(member.created_at),
    }


def told_invitation(invitation: Invitation) -> dict[str, Any]:
    """An invitation."""
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role,
        "invited_by": invitation.invited_by,
        "created_at": moment(invitation.created_at),
        "expires_at": moment(invitation.expires_at),
    }


def told_admin_key(key: AdminKey) -> dict[str, Any]:
    """An admin key. ``hint`` is how it ends."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "hint": key.hint,
        "created_by": key.created_by,
        "created_at": moment(key.created_at),
        "expires_at": moment(key.expires_at),
        "revoked_at": moment(key.revoked_at),
    }
