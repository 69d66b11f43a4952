"""Tokens over loopback HTTP or a Unix socket, for programs in any language."""
