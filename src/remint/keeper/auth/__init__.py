"""Auth objects: one module for each HTTP client, named as that is, with a ``KeeperAuth`` in it."""
