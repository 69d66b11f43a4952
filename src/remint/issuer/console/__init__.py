"""The console: pages for people, over the same use cases as the admin API and the commands."""
