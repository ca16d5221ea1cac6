"""The contraction hierarchy: sort the streets once, then every question is a sweep."""
