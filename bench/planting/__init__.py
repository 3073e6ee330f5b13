"""Rings planted in real posts, so that what finds rings can be judged against a truth."""
