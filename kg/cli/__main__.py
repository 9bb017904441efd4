"""Entry point of `python -m kg.cli`, the same as `ess-kg`."""

from kg.cli import main

main()
