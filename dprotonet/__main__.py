"""``python -m dprotonet``: predict and explain from the shell."""

import sys

from dprotonet.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
