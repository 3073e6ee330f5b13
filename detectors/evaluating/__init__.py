"""Findings and scores held against labels: what was right, what was missed, how sure that is."""
