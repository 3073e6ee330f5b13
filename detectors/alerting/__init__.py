"""From what detectors find to what people are told: what is new, how much of it a day, and where it is sent."""
