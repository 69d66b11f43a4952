"""The load generator: a small C program, and the same thing in Python where there is no compiler."""
