"""Tokens and the keys that make them: root key, key ring, signers, credentials."""
