"""A dry run: files held to the model and to a release, nothing stored."""
