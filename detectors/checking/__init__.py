"""A list of names held against what is known: who of them is in a finding, with whom, since when."""
