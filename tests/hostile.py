"""Bodies that nobody sends by accident, and what the real server (langgraph-api 0.16.7) answers to each of them.

It was asked once with each on every kind of route; the contract scenarios ask it again with those of moderate size.
"""

INVALID = "Invalid JSON in request body"
TOO_DEEP = "Recursion limit reached"


def lists(depth: int) -> bytes:
    """So many lists, one in the other."""
    return b"[" * depth + b"]" * depth


def objects(depth: int) -> bytes:
    """So many objects, one in the other."""
    return b'{"a":' * depth + b"1" + b"}" * depth


def with_value(value: bytes) -> bytes:
    """An object with such a value in it."""
    return b'{"metadata":{"hostile":%b}}' % value


# The status and `detail` are those of every route whose body is held against a schema.
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 422, INVALID),
    "blanks": (b" \r\n", 422, INVALID),
    "no JSON": (b"{bad", 422, INVALID),
    "JSON and more": (b"{} x", 422, INVALID),
    "a byte order mark": (b"\xef\xbb\xbf{}", 422, INVALID),
    "UTF-16": ('{"metadata":{}}'.encode("utf-16"), 422, INVALID),
    "a byte that is not UTF-8": (with_value(b'"\xff"'), 422, INVALID),
    "a surrogate in UTF-8": (with_value(b'"\xed\xa0\x80"'), 422, INVALID),
    "half a surrogate pair": (with_value(rb'"\ud800"'), 422, INVALID),
    "half a surrogate pair in a key": (with_value(rb'{"\udfff":1}'), 422, INVALID),
    "NUL, unescaped": (with_value(b'"\0"'), 422, INVALID),
    "NaN": (with_value(b"NaN"), 422, INVALID),
    "Infinity": (with_value(b"-Infinity"), 422, INVALID),
    "a float beyond all bounds": (with_value(b"1e999"), 422, INVALID),
    "an integer beyond all bounds": (with_value(b"%d" % 10**400), 422, INVALID),
    "3000 lists": (with_value(lists(3000)), 422, INVALID),
    "3000 objects": (with_value(objects(3000)), 422, INVALID),
    "nothing but 3000 lists": (lists(3000), 422, INVALID),
    "1000 lists": (with_value(lists(1000)), 400, TOO_DEEP),
    "1000 objects": (with_value(objects(1000)), 400, TOO_DEEP),
    # The real server answers 500 Internal Server Error.
    "nothing but 1000 lists": (lists(1000), 400, TOO_DEEP),
}
ACCIDENTS = ("nothing but 1000 lists",)

# What it takes, wherever any JSON may stand.
TAKEN: dict[str, bytes] = {
    "2**63": b"%d" % 2**63,
    "2**64 - 1": b"%d" % (2**64 - 1),
    "2**64": b"%d" % 2**64,
    "-2**63 - 1": b"%d" % (-(2**63) - 1),
    "1e308": b"1e308",
    "a surrogate pair": rb'"\ud83d\ude00"',
    "NUL, escaped": rb'"a\u0000b"',
    "line separators": '"a\u2028b\u2029c"'.encode(),
    "one key twice": b'{"a":1,"a":2}',
    "an empty key": b'{"":{"":[]}}',
    "100 lists": lists(100),
    "250 lists": lists(250),
    "250 objects": objects(250),
    "a text of 1 MB": b'"%b"' % (b"x" * 2**20),
    "a list of 1 MB": b"[%b1]" % (b"1," * 2**19),
    "an object of 1 MB": b"{%b}" % b",".join(b'"k%06d":1' % at for at in range(80_000)),
}
