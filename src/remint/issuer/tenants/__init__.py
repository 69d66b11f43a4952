"""Whose apps and whose tokens they are: workspaces, companies, and the users that grants are made for.

They may import grants and people.
"""
