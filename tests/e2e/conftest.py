"""The office of the tests of casework's pages."""

from tests.office import office

__all__ = ["office"]
