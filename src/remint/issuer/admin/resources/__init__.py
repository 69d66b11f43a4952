"""The resources of the admin API: a file each, with what travels and its operations."""
