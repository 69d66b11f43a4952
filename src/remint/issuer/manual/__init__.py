"""The wire formats as people read them: the manual's page, the words in it, calls to paste into a shell.

It may import what is known of grants, apps and people; it knows nothing of the endpoints that it tells of.
"""
