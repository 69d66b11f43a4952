"""What an installation keeps in its database, a class for each family of tables: loaded when it is asked for.

A command needs two or three of them, and a process that only renews none of the console's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remint.store.accounts import Accounts
    from remint.store.activity import Activity
    from remint.store.adminkeys import AdminKeys
    from remint.store.appinstallations import AppInstallations
    from remint.store.catalogue import Catalogue
    from remint.store.companies import Companies
    from remint.store.credentials import Credentials
    from remint.store.database import Database
    from remint.store.idempotency import Idempotency
    from remint.store.invitations import Invitations
    from remint.store.ledger import Ledger
    from remint.store.listing import Listing
    from remint.store.members import Members
    from remint.store.people import People
    from remint.store.sessions import Sessions
    from remint.store.trail import Trail
    from remint.store.workspaces import Workspaces


class Stores:
    """One store of each kind over ``database``, which whoever inherits this opens.

    The annotations are the table: each names a class of ``remint.store``, in the module that is called as it.
    """

    accounts: Accounts
    activity: Activity
    admin_keys: AdminKeys
    app_installations: AppInstallations
    catalogue: Catalogue
    companies: Companies
    credentials: Credentials
    idempotency: Idempotency
    invitations: Invitations
    ledger: Ledger
    listing: Listing
    members: Members
    people: People
    sessions: Sessions
    trail: Trail
    workspaces: Workspaces

    if TYPE_CHECKING:
        database: Database
    else:

        def __getattr__(self, name: str) -> object:
            """The store of that name, made now and kept. Raises ``AttributeError`` for any other name."""
            kind = Stores.__annotations__.get(name)
            if kind is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            made = getattr(import_module(f"remint.store.{kind.lower()}"), kind)(self.database)
            # Of two threads that ask at once, both get the same one.
            return self.__dict__.setdefault(name, made)
