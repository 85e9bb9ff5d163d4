"""Layer 5: runs in time. asyncio starts here."""
