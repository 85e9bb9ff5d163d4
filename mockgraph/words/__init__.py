"""Layer 0: the words that every other layer speaks, and nothing that does anything with them."""
