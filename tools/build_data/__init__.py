"""Build of the reference tables in data/ from official files named by path."""
