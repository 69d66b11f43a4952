"""A working access token, always: connections, the renewal flow, its drivers and integrations."""
