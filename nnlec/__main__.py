"""`python -m nnlec`."""

from nnlec.cli import main

main()
