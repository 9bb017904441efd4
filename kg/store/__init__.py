"""Questions in SPARQL put to a frozen release, answered as bytes within limits."""
