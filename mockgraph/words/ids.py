"""Ids as hashes of a key and a purpose, in the forms that the real server uses.

Nothing is counted: the same key and purpose give the same id whatever runs beside them, so a play can be
played again, at any later time, and will say the same ids.
"""

from hashlib import blake2b

# UUIDv6 counts 100 ns steps since 1582-10-15; this is the Unix epoch on that scale.
_GREGORIAN = 0x01B21DD213814000


def digest(key: bytes, purpose: str) -> bytes:
    """16 bytes that only this key and purpose give."""
    return blake2b(purpose.encode(), key=key, digest_size=16).digest()


def key_of(text: str) -> bytes:
    """A key from any text, such as a run's id."""
    return blake2b(text.encode(), digest_size=16).digest()


def uuid_raw(bits: bytes) -> str:
    """The bits as they are, in UUID spelling: a task's id."""
    h = bits.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def uuid4(bits: bytes) -> str:
    """A version 4 UUID from 16 bytes: ids of human messages, request ids."""
    h = bits.hex()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[bits[8] & 3]}{h[17:20]}-{h[20:]}"


def uuid7(micros: int, bits: bytes) -> str:
    """A version 7 UUID of a time: ids of threads, runs and model calls."""
    h = ((micros // 1000).to_bytes(6, "big") + bits[6:]).hex()
    return f"{h[:8]}-{h[8:12]}-7{h[13:16]}-{'89ab'[bits[8] & 3]}{h[17:20]}-{h[20:]}"


def uuid6(micros: int, step: int, bits: bytes) -> str:
    """A checkpoint's id: version 6, so that ids sort by time, with the step in its clock sequence."""
    t = f"{micros * 10 + _GREGORIAN:015x}"
    return f"{t[:8]}-{t[8:12]}-6{t[12:]}-{0x8000 | (step & 0x3FFF):04x}-{bits[:6].hex()}"


def canonical(text: str) -> str | None:
    """A UUID in its usual spelling, from any that Python's `uuid.UUID` takes; None for anything else."""
    plain = text.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "").lower()
    if len(plain) != 32 or not _HEX.issuperset(plain):
        return None
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"


_HEX = frozenset("0123456789abcdef")
