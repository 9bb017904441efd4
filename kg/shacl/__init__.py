"""SHACL engine: shapes compiled to queries that find candidates, judged by pySHACL."""
