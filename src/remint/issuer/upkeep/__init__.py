"""What keeps an installation in order: its keys, backups and trail, what it counts, and what it throws away.

It may import what is done with apps, tenants, grants and people.
"""
