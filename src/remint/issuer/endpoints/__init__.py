"""The token endpoints: from the request's bytes to the answer's, and what runs while they serve.

The path that has to be quick. It may import what is done with grants, apps and people, and the upkeep that
runs beside it; it knows nothing of pages, of the admin API, or of who carries it.
"""
