"""How a service is asked: what users do, when requests are due, what sends them, checks them and records them."""
