"""What a case is held to while people work: its clocks, hand-offs, emergencies, task lists, and Legal's releases."""
