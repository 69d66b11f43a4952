"""What a user of each library would have written, by the library's own documentation."""
