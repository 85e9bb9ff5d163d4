"""Layer 4: what the server remembers, in memory: narrow, synchronous methods, and nothing that waits.

Records hold JSON as bytes and few objects, so that a hundred thousand of them cost the garbage collector little.
"""
