"""A run of one contender, and two such runs side by side."""
