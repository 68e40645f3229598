"""How much of everything a rate of requests needs: measured costs, a small simulation of queueing, and a decision."""
