"""Where alerts are sent: one module a sink."""
