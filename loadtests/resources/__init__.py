"""What a run costs: CPU time, memory and more of process trees, and the clocks of other hosts."""
