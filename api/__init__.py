"""The web side of ess-kg: SPARQL, linked data, lists and pages over a frozen release."""
