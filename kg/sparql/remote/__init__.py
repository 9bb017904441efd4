"""A SPARQL service elsewhere as the backend of a release."""
