"""Counting and telling: what the engine says of itself to CloudWatch and EventBridge."""
