"""The benchmark: what mockgraph costs beside bare apps, and how the real server does. Never part of the tests."""
