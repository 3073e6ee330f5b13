"""How well all of it works: policy, quality, reports (their place; nothing yet)."""
