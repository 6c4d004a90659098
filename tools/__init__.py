"""Tools of the project's own development: none of them is installed with it."""
