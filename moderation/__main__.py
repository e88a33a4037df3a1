"""`python -m moderation`: the command line, for those without the installed script."""

from moderation.cli import main

main()
