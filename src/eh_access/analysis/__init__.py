"""What the minutes mean: coverage, winners and losers, fairness, verdicts."""
