"""Streets: from OpenStreetMap to arrays, and from points to places on them."""
