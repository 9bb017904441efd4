"""Catalogue of a release: one SQLite file for lists, facets, search and map."""
