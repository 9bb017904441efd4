"""Texts of the interface in French and English, and dates as people read them."""
