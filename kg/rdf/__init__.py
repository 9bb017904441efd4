"""Terms and small graphs of RDF: reading, serializing, building, labels."""
