"""Forgetting: a record or a field removed from all that an installation holds."""
