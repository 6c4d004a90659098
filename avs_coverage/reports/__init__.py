"""Reports: one file a format. They lay out what the views hold, and never calculate."""
