"""People who work here, and machines that act for them: who they are, how they show it, what they may do.

They may import nothing of apps, tenants or grants.
"""
