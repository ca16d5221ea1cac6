"""What the minutes mean: measures, scenarios, comparison, equity."""
