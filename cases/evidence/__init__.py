"""What a case stands on: content captured when an alert was made, snapshots, and the record of who held them."""
