"""The catalogue of a release: one SQLite file written once, then lists, facets, text and map."""
