"""Measured beside a named reference in one run, reported as a ratio."""
