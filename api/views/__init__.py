"""View models of pages: they take data, and run no query."""
