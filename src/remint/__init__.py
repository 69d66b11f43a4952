"""Remint renews OAuth tokens, at both ends of the wire."""
