"""From a finding to a decision: the casebook (its place; nothing yet)."""
