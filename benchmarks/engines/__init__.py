"""Engines that validate a graph with shapes: each a program of its own, run in its own process."""
