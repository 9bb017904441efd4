"""HTTP without the rest of the project: negotiation, problems, ranges, bodies, links."""
