"""What analysts do, measured: stores to look at, clicks in a real browser, sessions that work side by side."""
