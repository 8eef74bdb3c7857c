"""Frameworks that a graph is built on."""
