"""How production starts one worker process: `python worker.py`; start as many as there are cores to use."""

import sys

from moderation.cli import main

if __name__ == "__main__":
    # Through the command line, so that a bad setting ends with its message and exit code and not with a traceback.
    sys.argv.insert(1, "worker")
    main()
