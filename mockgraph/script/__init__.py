"""Layer 2: the fixture language: reading it, matching runs against it, and saying why one did not match."""
