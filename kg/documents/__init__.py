"""Entity documents assembled from the store of a release."""
