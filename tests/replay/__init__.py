"""Exchanges that were captured from the real server once, sent to mockgraph again."""
