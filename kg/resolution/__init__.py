"""Record resolution: which records describe one thing, though no identifier says so.

Records are compared by name, place, site, dates and identifiers (Splink, on DuckDB). Pairs that are
sure are linked, doubtful ones wait in a queue for a person, whose decisions are kept.
"""
