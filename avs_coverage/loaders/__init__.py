"""Loaders: one file a format; each reports every fault of its file at once and loses no row."""
