"""Knowledge graph of the ESS: from its sources to a frozen release and the queries over it."""
