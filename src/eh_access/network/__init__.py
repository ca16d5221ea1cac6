"""Streets: from OpenStreetMap to arrays, and from a point to a place on a street."""
