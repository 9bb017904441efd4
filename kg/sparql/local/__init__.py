"""Worker processes over the store of a release on this machine."""
