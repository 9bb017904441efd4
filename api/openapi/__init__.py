"""OpenAPI description of the interface."""
