"""Repairs: candidates, and the proof that they hold."""
