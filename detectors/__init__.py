"""What finds coordination: one module a detector."""
