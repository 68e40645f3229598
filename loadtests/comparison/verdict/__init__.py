"""What a comparison's figures decide: metrics, intervals, verdicts, and how often these are false."""
