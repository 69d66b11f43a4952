"""What carries the application: its sockets, its processes, and the HTTP servers it runs on.

Nothing in the issuer may import it: mounted in somebody's own application, the issuer goes without.
"""
