"""SPARQL queries on a release: point queries in process, others by a backend, within limits."""
