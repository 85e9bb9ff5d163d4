"""`python -m mockgraph`: the command line, where the console script is not on the path."""

import sys

from mockgraph.cli import main

sys.exit(main())
