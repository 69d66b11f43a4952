"""Accounts: the people who work in the console."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from remint.errors import ConfigurationError, Conflict, NotFound
from remint.issuer.actor import Actor, note
from remint.issuer.installation import Installation
from remint.issuer.names import clean_name
from remint.issuer.people.passwords import hash_password, is_password
from remint.secret import Secret
from remint.store.peoplerecords import Account

SHORTEST_PASSWORD: Final = 12
"""More than NIST SP 800-63B §3.1.1.2 asks at least: these people can end every session of every client."""
LONGEST_PASSWORD: Final = 1024
_FEWEST_CHARACTERS: Final = 5
# RFC 5321 §4.5.3.1.3: a path has 256 octets, two of them its brackets.
_LONGEST_EMAIL: Final = 254
_EMAIL: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def create_account(
    installation: Installation,
    email: str,
    name: str,
    password: Secret,
    *,
    operator: bool = False,
    actor: Actor,
) -> Account:
    """Makes an account. Raises ``Conflict`` for a taken address, ``ConfigurationError`` for a bad value."""
    address, called = clean_email(email), clean_name(name)
    stored = stored_password(password, address)
    return add_account(installation, address, called, stored, operator=operator, actor=actor)


def add_account(
    installation: Installation,
    email: str,
    name: str,
    password_hash: str,
    *,
    operator: bool,
    actor: Actor,
) -> Account:
    """``create_account`` without what takes long, for within a transaction; all values are clean."""
    with installation.database.write():
        made = installation.accounts.create(email, name, password_hash, operator=operator)
        note(installation, "account_created", actor, account=email, operator=operator)
    return made


def find_account(installation: Installation, email: str) -> Account:
    """The account of that address, however it is capitalised. Raises ``NotFound``."""
    found = installation.accounts.find(plain_email(email))
    if found is None:
        raise NotFound(f"there is no account for {email!r}")
    return found


def accounts(installation: Installation, *, after: int = 0, limit: int = 50) -> list[Account]:
    """So many accounts, oldest first, from the one after the id ``after`` on."""
    return installation.accounts.page(after=after, limit=limit)


def change_account(
    installation: Installation,
    account: Account,
    *,
    name: str | None = None,
    operator: bool | None = None,
    disabled: bool | None = None,
    expected: int | None = None,
    actor: Actor,
) -> Account:
    """Changes what is given. Disabling ends the account's sessions, and its links to a new password.

    Raises ``StaleVersion``, and ``Conflict`` where the installation would be left without an operator.
    """
    values, told = _changes(installation, name=name, operator=operator, disabled=disabled)
    with installation.database.write():
        if operator is False or disabled:
            _check_operators(installation, account)
        if disabled:
            _end_all(installation, account)
        changed = installation.accounts.change(account, values, expected=expected)
        note(installation, "account_changed", actor, account=account.email, **told)
    return changed


def change_password(
    installation: Installation,
    account: Account,
    new: Secret,
    *,
    keep: bytes | None,
    actor: Actor,
) -> None:
    """Gives an account a new password, and ends its sessions but for the one to ``keep``.

    Who asks for it in a session shows the old one first: ``LogIn.confirm``. Raises ``ConfigurationError``
    for a password that will not do.
    """
    stored = stored_password(new, account.email, key="new")
    replace_password(installation, account, stored, keep=keep, actor=actor)


def replace_password(
    installation: Installation,
    account: Account,
    password_hash: str,
    *,
    keep: bytes | None,
    actor: Actor,
) -> None:
    """``change_password`` without what takes long, for within a transaction."""
    with installation.database.write():
        _end_all(installation, account, keep=keep)
        installation.accounts.change(account, {"password_hash": password_hash}, expected=None)
        note(installation, "account_password_changed", actor, account=account.email)


def is_account_password(account: Account | None, password: Secret) -> bool:
    """Whether the password is the account's. For none, or a disabled one, it takes as long, and is not."""
    stored = None if account is None or account.disabled_at else account.password_hash
    return is_password(stored, _normal(password))


def stored_password(password: Secret, email: str, *, key: str = "password") -> str:
    """What is stored of a password that will do for that address.

    Raises ``ConfigurationError`` for any other, with ``key`` as the name of the field.
    """
    text = _normal(password).reveal()
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise ConfigurationError(
            "the password is too short or too long",
            key=key,
            expected=f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
        )
    local = email.partition("@")[0]
    if len(set(text)) < _FEWEST_CHARACTERS or text.lower() in (email, local):
        raise ConfigurationError(
            "the password is among the first that anybody would try",
            key=key,
            expected="a few words that only you would put together",
        )
    if not _is_text(text):
        raise ConfigurationError("the password is not text", key=key)
    return hash_password(Secret(text))


def plain_email(email: str) -> str:
    """An address in the one form in which addresses are kept and compared."""
    # What cannot be encoded, or kept by every engine, becomes a sign that no address has.
    text = email.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace("\0", "\ufffd")
    return unicodedata.normalize("NFC", text.strip()).lower()


def clean_email(email: str) -> str:
    """The same, of what is an address. Raises ``ConfigurationError``."""
    address = plain_email(email)
    fits = len(address) <= _LONGEST_EMAIL and _EMAIL.fullmatch(address)
    if not (fits and address.isprintable()) or "\ufffd" in address:
        raise ConfigurationError(
            "that is no e-mail address", key="email", expected="an address such as ada@example.com"
        )
    return address


def _changes(
    installation: Installation, *, name: str | None, operator: bool | None, disabled: bool | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns that change, and what the audit trail says of it."""
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = clean_name(name)
    if operator is not None:
        values["operator"] = int(operator)
    if disabled is not None:
        values["disabled_at"] = installation.clock.now_ms() // 1000 if disabled else 0
    told = {"name": values.get("name"), "operator": operator, "disabled": disabled}
    return values, {key: value for key, value in told.items() if value is not None}


def _check_operators(installation: Installation, account: Account) -> None:
    if installation.accounts.operators() == {account.id}:
        raise Conflict(f"{account.email} is the last operator: make somebody else one first")


def _end_all(installation: Installation, account: Account, *, keep: bytes | None = None) -> None:
    installation.sessions.end_all(account.id, keep=keep)
    installation.invitations.revoke_all("password", account_id=account.id)


def _normal(password: Secret) -> Secret:
    # RFC 8265 §4.2.1: what two keyboards send for the same letters is the same password.
    return Secret(unicodedata.normalize("NFC", password.reveal()))


def _is_text(text: str) -> bool:
    """Whether it can be encoded: half a surrogate pair comes out of a JSON body, and nothing can keep it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
