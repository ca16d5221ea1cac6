"""What else could be chosen: alternatives, siting, outreach."""
