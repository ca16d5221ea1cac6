"""Where data comes from: what ships with the package, and downloads."""
