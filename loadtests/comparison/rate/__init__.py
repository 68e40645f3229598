"""The highest rate that a service sustains under an objective."""
