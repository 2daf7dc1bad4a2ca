"""A workspace as a folder: what it declares, what there is, and what makes them equal."""
