"""A process of our own under limits: what it may not do, and who starts and ends it."""
