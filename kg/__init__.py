"""ess-kg: the knowledge graph, from its sources to a frozen release and its questions."""
