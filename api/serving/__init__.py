"""State of a server process: releases in service, caches, rate limits."""
