"""ASGI middleware and the HTTP protocol class, from the socket to the routes."""
