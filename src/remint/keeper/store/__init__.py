"""Where connections are kept."""
