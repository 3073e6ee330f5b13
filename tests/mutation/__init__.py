"""Mutation tests of casework: each rule is broken, and some test has to notice (``python -m bench mutants``)."""
