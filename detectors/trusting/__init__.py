"""What trust propagation stands on: an order that names do not set, and how far each follow can be relied on."""
