"""The load on a service: users' actions, the schedule of requests, and what sends, checks and records them."""
