"""The market side of pumps: what trades and candles say, read causally, and which of it is out of the ordinary.

Everything here is a function of what was known at a moment: a candle counts once it is closed, a trailing window ends
before what it is compared with, and no rule waits for what comes after.
"""
