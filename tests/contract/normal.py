"""Ids, times and addresses replaced by names, so that two servers' answers can be compared to the byte.

An id becomes the number of its first appearance in the scenario: where one server repeats an id, the other must.
"""

import re

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_RULES = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"), "<time>"),
    # Dates of crons that are to fire while their scenario waits.
    (re.compile(r'(?<="next_run_date":")[^"]{17}[0-5]7\+00:00'), "<soon>"),
    (re.compile(r'(?<="__request_start_time_ms__":)\d+'), "<ms>"),
    (re.compile(r"(?m)^id: \d+-\d+(?=\r?$)"), "id: <event>"),
    (re.compile(r'(?<="timestamp":)\d{13}\b'), "<ms>"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "<server>"),
]
# A checkpoint's id tells its step.
_CHECKPOINT = re.compile(r'(?<=checkpoint_id":")[0-9a-f-]{19}([0-9a-f]{4})-[0-9a-f]{12}')
_INTERRUPT = r"\b[0-9a-f]{32}\b"
_ID = re.compile(f"{_UUID}|{_INTERRUPT}")
# Events of one millisecond share what is before the point.
_EVENT = re.compile(r'(?<="event_id":")\d{13}-\d+(?:\.\d+)?')
# langgraph-api 0.16.7: these come out of a Python set, in an order that differs from process to process.
_UNORDERED = re.compile(
    r'(?<="langgraph_api_url":"<server>")(?:,"(?:run_id|thread_id|graph_id|checkpoint_id)":"[^"]*")+'
)
_UNORDERED_IN_EDITS = re.compile(r'(?:"(?:thread_id|checkpoint_id|checkpoint_ns)":"[^"]*",)+(?="source":")')
# langgraph-api 0.16.7: Python sets, printed.
_SET = re.compile(r"(?<=Expected: \{)'\w+'(?:, '\w+')*(?=\})|(?<=\nallow: )[A-Z]+(?:, [A-Z]+)*")


class Names:
    """The names of one scenario's ids on one server."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._events: dict[str, str] = {}

    def normal(self, text: str) -> str:
        """A transcript with ids, times and addresses replaced."""
        for pattern, name in _RULES:
            text = pattern.sub(name, text)
        text = _UNORDERED.sub(lambda found: "".join(sorted(re.findall(r',"[^"]*":"[^"]*"', found[0]))), text)
        text = _UNORDERED_IN_EDITS.sub(
            lambda found: "".join(sorted(re.findall(r'"[^"]*":"[^"]*",', found[0]))), text
        )
        text = _SET.sub(lambda found: ", ".join(sorted(found[0].split(", "))), text)
        text = _EVENT.sub(lambda found: self._event(found[0]), text)
        steps = {found[0]: found[1] for found in _CHECKPOINT.finditer(text)}
        return _ID.sub(lambda found: self._name(found[0], steps.get(found[0])), text)

    def _event(self, found: str) -> str:
        return f"<event {self._events.setdefault(found, str(len(self._events) + 1))}>"

    def _name(self, found: str, step: str | None) -> str:
        number = self._ids.setdefault(found, str(len(self._ids) + 1))
        return f"<id {number} step {step}>" if step else f"<id {number}>"
