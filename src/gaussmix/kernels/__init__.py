"""Passes over rows: everything whose cost grows with their number."""
