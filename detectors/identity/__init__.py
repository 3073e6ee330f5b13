"""Accounts that are one operator: what they share, and what sharing it is worth."""
