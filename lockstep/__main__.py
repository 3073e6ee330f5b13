"""``python -m lockstep``."""
