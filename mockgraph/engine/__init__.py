"""Layer 3: a script becomes facts, and facts become every view. No I/O, no clock, no randomness."""
