"""Grants: made, imported, listed, revoked; the claims that they carry, and what has happened to one.

They may import nothing of apps, tenants or people.
"""
