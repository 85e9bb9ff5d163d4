"""How two transcripts differ, said so that a person sees it: the lines, cut to where they part."""

import difflib

_AROUND = 160


def difference(upstream: str, ours: str) -> str:
    """Every differing line of two transcripts, upstream's (-) above ours (+), from shortly before they part."""
    lines: list[str] = []
    theirs, mine = upstream.splitlines(), ours.splitlines()
    matcher = difflib.SequenceMatcher(None, theirs, mine, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            asked = [
                line
                for line in theirs[a:b]
                if line.startswith(("GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "WEBSOCKET "))
            ]
            lines += [f"  {line}" for line in asked[-1:]]
            continue
        old, new = theirs[a:b], mine[c:d]
        for index in range(max(len(old), len(new))):
            pair = (old[index] if index < len(old) else None, new[index] if index < len(new) else None)
            lines += _pair(*pair)
    return "\n".join(lines)


def _pair(theirs: str | None, mine: str | None) -> list[str]:
    if theirs is None or mine is None:
        return [f"{sign} {_cut(line, 0)}" for sign, line in (("-", theirs), ("+", mine)) if line is not None]
    apart = next(
        (i for i, (x, y) in enumerate(zip(theirs, mine, strict=False)) if x != y), min(len(theirs), len(mine))
    )
    return [f"- {_cut(theirs, apart)}", f"+ {_cut(mine, apart)}"]


def _cut(line: str, at: int) -> str:
    start = max(0, at - _AROUND // 2)
    return ("…" if start else "") + line[start : at + _AROUND]
