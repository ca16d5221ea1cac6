"""Minutes: from streets, origins and sites to a table of travel times."""
