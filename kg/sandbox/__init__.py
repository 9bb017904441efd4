"""Sandbox for untrusted jobs: processes under limits, and the queue in front of them."""
