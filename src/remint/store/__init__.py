"""Where grants and everything about them are kept."""
