"""SHACL validation at scale: SPARQL finds the suspects, pyshacl judges them."""
