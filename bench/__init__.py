"""Measurements: `python -m bench` prints them beside the echo floor of the same HTTP server."""
