"""What the layers of the twins cost: each twin against a one-file application on the same stack."""
