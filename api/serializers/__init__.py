"""Serializers of lists, records and changes in RDF, JSON and the formats of other tools."""
