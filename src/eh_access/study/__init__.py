"""One question, from its study.toml to its results."""
