"""The social side of pumps: announcements that are read, and the calls that posts make together."""
