"""The places where sessions die, with client libraries as they come and with Remint."""
