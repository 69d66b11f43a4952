"""SQLite: one machine, one file, every commit on the disk before its answer."""
