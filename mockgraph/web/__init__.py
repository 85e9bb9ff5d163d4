"""Layer 6: HTTP. What the runtime knows, in the real server's bytes."""
