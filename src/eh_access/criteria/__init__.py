"""Whether services are reasonably local: criteria, judged."""
