"""A made-up network with planted abuse and innocent look-alikes, the truth about it, and findings held against it.

Nothing here knows how a detector works: behaviour is drawn from what abusers and crowds do.
"""
