"""What an inspection found, told to people and machines: HTML, CSV, JSON, SHACL in RDF."""
