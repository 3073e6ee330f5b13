"""Benchmarks: ``python -m bench NAME [--quick]`` ends with one line of JSON."""
