"""Windowed co-action: the sweep over pairs, its significance, rings."""
