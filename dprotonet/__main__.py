"""``python -m dprotonet``: predict and explain from the shell."""

import sys

from dprotonet.shell.command import main

if __name__ == "__main__":
    sys.exit(main())
