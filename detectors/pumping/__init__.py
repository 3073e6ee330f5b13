"""The join of what was posted on a coin with what its market did: who pushed, who reacted, and how it is told."""
