"""Other tools' networks, exactly: edges, weights and traps."""
