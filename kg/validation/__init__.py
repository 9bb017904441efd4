"""Validation of a work database: batches, record decisions, findings, quarantine."""
