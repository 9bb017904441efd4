"""`python -m kg.cli` is `ess-kg`."""

from kg.cli import main

main()
