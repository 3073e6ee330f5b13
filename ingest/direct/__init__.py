"""Files read straight into columns of what accounts did, without a store."""
