"""One file an output: each writes a kind of file for people."""
