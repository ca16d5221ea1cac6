"""Nobody identifiable: the rules for small counts and what they hide."""
