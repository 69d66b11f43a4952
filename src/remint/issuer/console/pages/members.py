"""Members: who has which role in a workspace, invited by a link, changed and removed."""

from __future__ import annotations

from typing import Any, Final, get_args

from remint.errors import NotFound, StaleVersion
from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.meanwhile import meanwhile
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.question import question
from remint.issuer.console.visit import Visit
from remint.issuer.people.invitations import invitations, invite, revoke_invitation
from remint.issuer.people.members import member, members, remove_member, set_role
from remint.store.peoplerecords import Member
from remint.store.records import Role

ROLES: Final[tuple[tuple[Role, str, str], ...]] = (
    (
        "owner",
        "Owner",
        "Everything in this workspace and its development workspaces: members and admin keys too.",
    ),
    (
        "developer",
        "Developer",
        "Makes and changes apps, users and companies, installs apps, and revokes grants.",
    ),
    ("viewer", "Viewer", "Sees everything but admin keys, and changes nothing."),
)
_NAMES: Final[dict[str, str]] = {role: name for role, name, _ in ROLES}


def all_members(visit: Visit) -> Shown:
    """Who is in, who is invited, and what the roles mean."""
    found = members(visit.installation, visit.here)
    context = {
        "members": found,
        "invitations": invitations(visit.installation, visit.here),
        "roles": ROLES,
        "names": _NAMES,
        "own_id": visit.somebody.id,
        "in_parent": visit.here.parent_id,
    }
    return Shown("pages/members.html", context)


def ask_invitation(visit: Visit) -> Shown:
    """The form of an invitation."""
    return _inviting(visit, {"email": "", "role": "developer"}, {})


def send_invitation(visit: Visit) -> Shown:
    """Makes the link, and shows it: there is no other copy."""
    typed = {"email": visit.form["email"], "role": visit.form["role"]}
    problems = Problems("email", "role")
    role = _role(typed["role"], problems)
    if role is not None:
        with problems.collecting():
            visit.principal.demand_role(role, visit.here)
            invited = invite(
                visit.installation, visit.here, typed["email"], role, actor=visit.actor
            )
            address = f"{visit.public_url}{visit.pages['invitation'].path}"
            context = {
                "invitation": invited.invitation,
                # In the fragment, which no server logs.
                "link": f"{address}#{invited.code.reveal()}",
                "role": _NAMES[role],
            }
            return Shown("pages/memberinvited.html", context, shows_secret=True)
    return _inviting(visit, typed, problems.errors)


def one_member(visit: Visit) -> Shown:
    """A member's role, to be changed."""
    found = _found(visit)
    return _editing(visit, found, found.role, {})


def change_role(visit: Visit) -> Shown | Goto:
    """Gives a member another role, unless somebody else was faster."""
    found, typed = _found(visit), visit.form["role"]
    problems = Problems("role")
    role = _role(typed, problems)
    if role is not None:
        try:
            with problems.collecting():
                visit.principal.demand_role(role, visit.here)
                changed = set_role(
                    visit.installation, found, role, expected=visit.version, actor=visit.actor
                )
                said = f"{changed.name} is now {_NAMES[changed.role].lower()}."
                return Goto(visit.url("members"), said)
        except StaleVersion:
            return _editing(visit, _found(visit), typed, {}, is_stale=True)
    return _editing(visit, found, typed, problems.errors)


def ask_removal(visit: Visit) -> Shown:
    """Asks before a member goes."""
    found = _found(visit)
    return question(
        visit,
        title=f"Remove {found.name}?",
        text=f"{found.email} can no longer see this workspace. The account stays, and can be invited again.",
        go="Remove",
        back=visit.url("members"),
        fields={"version": found.version},
    )


def remove(visit: Visit) -> Goto:
    """Ends a membership; the last owner of a workspace stays."""
    found = _found(visit)
    remove_member(visit.installation, found, expected=visit.version, actor=visit.actor)
    if found.account_id == visit.somebody.id:
        return Goto(visit.url("workspaces"), f"You left {visit.here.name}.")
    return Goto(visit.url("members"), f"{found.name} was removed.")


def ask_withdrawal(visit: Visit) -> Shown:
    """Asks before an invitation is withdrawn."""
    number = visit.number("invitation")
    open_ones = {each.id: each for each in invitations(visit.installation, visit.here)}
    if number not in open_ones:
        raise NotFound("there is no such open invitation: it was used, withdrawn or has expired")
    return question(
        visit,
        title=f"Withdraw the invitation of {open_ones[number].email}?",
        text="Its link stops working. You can invite the same person again.",
        go="Withdraw",
        back=visit.url("members"),
    )


def withdraw(visit: Visit) -> Goto:
    """Ends an invitation that nobody has followed yet."""
    revoke_invitation(visit.installation, visit.here, visit.number("invitation"), actor=visit.actor)
    return Goto(visit.url("members"), "The invitation was withdrawn.")


def _found(visit: Visit) -> Member:
    return member(visit.installation, visit.here, visit.number("member"))


def _role(text: str, problems: Problems) -> Role | None:
    role: Role | None = next((each for each in get_args(Role) if each == text), None)
    if role is None:
        problems.add("role", "Choose a role.")
    return role


def _inviting(visit: Visit, typed: dict[str, str], errors: Errors) -> Shown:
    context = {"typed": typed, "roles": ROLES, "errors": errors}
    return Shown("pages/memberinvite.html", context, 422 if errors else 200)


def _editing(
    visit: Visit, found: Member, typed: str, errors: Errors, *, is_stale: bool = False
) -> Shown:
    compared = [("Role", _NAMES.get(typed, typed), _NAMES[found.role])]
    context: dict[str, Any] = {
        "member": found,
        "typed": typed,
        "roles": ROLES,
        "errors": errors,
        "meanwhile": meanwhile(visit, compared) if is_stale else None,
    }
    return Shown("pages/member.html", context, 412 if is_stale else 422 if errors else 200)


_PATH: Final = "/console/workspaces/{workspace}/members"
_MEMBER: Final = f"{_PATH}/{{member}}"
_INVITATION: Final = f"{_PATH}/invitations/{{invitation}}"
PAGES: Final = (
    Page(method="GET", path=_PATH, name="members", handler=all_members, permission="members:read"),
    Page(
        method="GET",
        path=f"{_PATH}/invite",
        name="member-invite",
        handler=ask_invitation,
        permission="members:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/invite",
        name="member-invite",
        handler=send_invitation,
        permission="members:write",
        once=True,
        operation="create_invitation",
    ),
    Page(
        method="GET",
        path=_MEMBER,
        name="member",
        handler=one_member,
        permission="members:write",
    ),
    Page(
        method="POST",
        path=_MEMBER,
        name="member",
        handler=change_role,
        permission="members:write",
        versioned=True,
        operation="set_role",
    ),
    Page(
        method="GET",
        path=f"{_MEMBER}/remove",
        name="member-remove",
        handler=ask_removal,
        permission="members:write",
    ),
    Page(
        method="POST",
        path=f"{_MEMBER}/remove",
        name="member-remove",
        handler=remove,
        permission="members:write",
        versioned=True,
        operation="remove_member",
    ),
    Page(
        method="GET",
        path=f"{_INVITATION}/withdraw",
        name="invitation-withdraw",
        handler=ask_withdrawal,
        permission="members:write",
    ),
    Page(
        method="POST",
        path=f"{_INVITATION}/withdraw",
        name="invitation-withdraw",
        handler=withdraw,
        permission="members:write",
        operation="revoke_invitation",
    ),
)
