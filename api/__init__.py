"""Web server of ess-kg: SPARQL, linked data, lists, search and pages over a frozen release."""
