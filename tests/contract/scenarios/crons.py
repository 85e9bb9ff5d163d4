"""Crons: made, changed, searched, refused; and what they do when their date has come.

Schedules are far away, but for those that are to fire. All are deleted at the end: what fires later is nobody's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from mockgraph.words.vocabulary import system_assistant_id
from tests.contract.exchange import Answer
from tests.contract.scenarios import asking
from tests.contract.scenarios.asking import Ask, look, thread

UNKNOWN = "018cc251-f400-7acf-80e7-6d440feec09e"
NEW_YEAR = "0 0 1 1 *"
# Every ten seconds, at a second by which `tests/contract/normal.py` knows such dates.
SOON = "* * * * * 7-57/10"
COUNT: dict[str, Any] = {"assistant_id": "counter", "input": {"n": 1}}


class Plans:
    """The crons of one scenario: they share a mark in their metadata, and are deleted with it."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.mark = str(uuid4())
        self.made: list[str] = []

    async def make(self, on: str = "", /, **request: Any) -> dict[str, Any]:
        """A new cron, `on` a thread's path or alone."""
        body = {"schedule": NEW_YEAR, **COUNT, "metadata": {"mark": self.mark}, **request}
        # Ids of one millisecond are in no order.
        await asyncio.sleep(0.002)
        told: dict[str, Any] = (await self.ask("POST", f"{on}/runs/crons", body)).json()
        if "cron_id" in told:
            self.made.append(told["cron_id"])
        return told

    async def change(self, cron: dict[str, Any], body: Any) -> None:
        await self.ask("PATCH", path_of(cron), body)

    async def search(self, **query: Any) -> None:
        body = {**query, "metadata": {"mark": self.mark, **query.get("metadata", {})}}
        await self.ask("POST", "/runs/crons/search", body)

    async def count(self, **query: Any) -> None:
        await self.ask("POST", "/runs/crons/count", {"metadata": {"mark": self.mark}, **query})


Play = Callable[[Plans], Awaitable[None]]


def scenario(name: str) -> Callable[[Play], Play]:
    """A scenario with crons of its own."""

    def register(play: Play) -> Play:
        async def planned(ask: Ask) -> None:
            plans = Plans(ask)
            try:
                await play(plans)
            finally:
                for cron_id in plans.made:
                    await ask("DELETE", f"/runs/crons/{cron_id}")

        asking.scenario(name)(planned)
        return play

    return register


def path_of(cron: dict[str, Any]) -> str:
    return f"/runs/crons/{cron['cron_id']}"


# --- making ------------------------------------------------------------------------------------------------

CREATED: dict[str, dict[str, Any]] = {
    "as little as may be": {"metadata": {}},
    "by the assistant's id": {"assistant_id": system_assistant_id("counter")},
    "all that may be said": {
        "end_time": "2030-01-01T00:00:00Z",
        "config": {"configurable": {"x": 1}, "tags": ["t"], "recursion_limit": 7, "more": {"y": 2}},
        "interrupt_before": "*",
        "interrupt_after": ["inc"],
        "stream_mode": ["values", "debug"],
        "stream_subgraphs": True,
        "stream_resumable": True,
        "durability": "exit",
        "checkpoint_during": False,
        "enabled": False,
        "on_run_completed": "keep",
        "timezone": "America/New_York",
    },
    "with context": {"context": {"a": 1, "langgraph_auth_user": 2, "cron_id": "mine", "__x": 3}},
    "with context and configurable": {"context": {"a": 1}, "config": {"configurable": {"b": 2}}},
    "reserved configurable": {
        "config": {
            "configurable": {
                "a": 1,
                "cron_id": "mine",
                "langgraph_auth_user": 1,
                "langgraph_auth_user_id": 1,
                "langgraph_auth_permissions": 1,
                "langgraph_request_id": 1,
                "__after_seconds__": 1,
                "__request_start_time_ms__": 1,
                "__langsmith_project__": 1,
                "__other": 1,
                "thread_id": "t",
                "user_id": "u",
            }
        }
    },
    "reserved metadata": {
        "metadata": {
            "a": {"b": [1, None]},
            "thread_id": "x",
            "run_id": "x",
            "cron_id": "x",
            "assistant_id": "x",
            "counters_since_delta_snapshot": "x",
            "graph_id": "kept",
            "nul": "\u0000",
        }
    },
    "an end that is no date": {"end_time": "whenever"},
    "fields that it does not know": {
        "unknown": {"a": 1},
        "thread_id": UNKNOWN,
        "cron_id": UNKNOWN,
        "user_id": "me",
        "multitask_strategy": "whatever",
        "on_completion": "keep",
        "command": {"resume": 1},
        "after_seconds": "soon",
    },
    "a list as input": {"input": [{"n": 1}]},
    "a webhook of no text": {"webhook": ""},
}


def creates(name: str) -> None:
    @scenario(f"cron: {name}")
    async def created(plans: Plans) -> None:
        cron = await plans.make(**CREATED[name])
        if "cron_id" in cron:
            await plans.ask("GET", path_of(cron))

    @scenario(f"cron on a thread: {name}")
    async def created_on_thread(plans: Plans) -> None:
        path = f"/threads/{await thread(plans.ask)}"
        cron = await plans.make(path, **CREATED[name])
        if "cron_id" in cron:
            await plans.ask("GET", path_of(cron))
        await plans.ask("GET", path)


for _name in CREATED:
    creates(_name)


def dated(name: str, schedules: list[str], **more: Any) -> None:
    @scenario(f"cron: {name}")
    async def dates(plans: Plans) -> None:
        for schedule in schedules:
            await plans.make(schedule=schedule, **more)


# Dates that are the same whenever in the year the servers are asked would be better; these move once a year.
dated(
    "schedules",
    [
        "@yearly",
        "@ANNUALLY",
        "0 0 1 JAN *",
        " 0  0 1 1 *\n",
        "0 0 1 1 ?",
        "0 0 1 1 * 30",
        "0 0 29 2 *",
        "0 0 L 2 *",
    ],
)
dated(
    "schedules of weekdays",
    ["0 0 * 1 fri#1", "0 0 * 1 L5", "0 0 1 1 7", "0 0 1-7/2 1 mon-fri", "0 0 15W 1 *"],
)
dated("a schedule with a year", ["0 0 1 1 * 0 2050", "0 0 1 1 * 0 2020", "0 0 30 2 *"])
for _zone in (
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
    "EST",
):
    dated(
        f"a timezone, {_zone}",
        [
            "0 0 1 1 *",
            "30 2 14 3 *",
            "30 2 28 3 *",
            "30 1 7 11 *",
            "30 2 31 10 *",
            "10 2 3 10 *",
            "0 0 4 4 *",
        ],
        timezone=_zone,
    )

BAD_SCHEDULES = [
    "bogus",
    "",
    " ",
    "* * * *",
    "* * * * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 32 * *",
    "* * * 13 *",
    "* * * * 8",
    "*/0 * * * *",
    "-1 * * * *",
    "a b c d e",
    "@reboot",
    "@every 5m",
    "H H * * *",
    "it's",
    "é",
]
dated("schedules that are none", BAD_SCHEDULES)


@scenario("cron: timezones that are none")
async def no_timezones(plans: Plans) -> None:
    for zone in (
        "Mars/X",
        "utc",
        "europe/berlin",
        "+01:00",
        "",
        "../etc/passwd",
        "/etc/localtime",
        "Europe/",
        "it's",
    ):
        await plans.make(timezone=zone)


WRONG: list[tuple[str, Any]] = [
    ("schedule", 5),
    ("schedule", None),
    ("assistant_id", 5),
    ("assistant_id", None),
    ("timezone", None),
    ("timezone", 5),
    ("end_time", None),
    ("input", None),
    ("input", "x"),
    ("input", [1]),
    ("metadata", None),
    ("metadata", []),
    ("config", None),
    ("config", {"configurable": None}),
    ("config", {"tags": "t"}),
    ("config", {"recursion_limit": "7"}),
    ("context", []),
    ("webhook", 5),
    ("interrupt_before", "inc"),
    ("interrupt_after", [5]),
    ("on_run_completed", "bogus"),
    ("multitask_strategy", "bogus"),
    ("enabled", "yes"),
    ("enabled", None),
    ("stream_mode", "bogus"),
    ("stream_mode", ["values", "bogus"]),
    ("stream_subgraphs", 1),
    ("stream_resumable", "x"),
    ("durability", "bogus"),
]
NOT_JSON: list[Any] = [b"{", b"", b"\xff", b"null", b"5", []]


@scenario("cron: wrong types")
async def wrong(plans: Plans) -> None:
    for key, value in WRONG:
        await plans.make(**{key: value})


@scenario("cron on a thread: wrong types")
async def wrong_on_thread(plans: Plans) -> None:
    path = f"/threads/{await thread(plans.ask)}"
    for key, value in WRONG:
        await plans.make(path, **{key: value})


@scenario("cron: bodies that are no objects")
async def bodies(plans: Plans) -> None:
    for body in NOT_JSON:
        for path in (
            "/runs/crons",
            f"/threads/{UNKNOWN}/runs/crons",
            "/runs/crons/search",
            "/runs/crons/count",
        ):
            await plans.ask("POST", path, body)
        await plans.ask("PATCH", f"/runs/crons/{UNKNOWN}", body)


@scenario("cron: assistants and threads that there are not")
async def nobody(plans: Plans) -> None:
    for assistant in ("nope", "", UNKNOWN, "it's"):
        await plans.make(assistant_id=assistant)
    await plans.make(f"/threads/{UNKNOWN}")
    await plans.make(f"/threads/{UNKNOWN}", assistant_id="nope")
    await plans.make("/threads/abc")


@scenario("cron: what is refused first")
async def refused_first(plans: Plans) -> None:
    for bad in (
        {"assistant_id": "nope", "schedule": "bogus"},
        {"assistant_id": "nope", "timezone": "Mars/X"},
        {"schedule": "bogus", "timezone": "Mars/X"},
        {"schedule": "bogus", "enabled": "x"},
    ):
        await plans.make(**bad)
        await plans.make(f"/threads/{UNKNOWN}", **bad)
    await plans.ask("POST", "/threads/abc/runs/crons", b"{")
    await plans.ask("PATCH", "/runs/crons/abc", b"{")


@scenario("cron: methods and paths")
async def methods(plans: Plans) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        await plans.ask(method, "/runs/crons")
    for method in ("POST", "PUT"):
        await plans.ask(method, f"/runs/crons/{UNKNOWN}")
    for name in ("search", "count", UNKNOWN, "abc"):
        for method in ("GET", "HEAD", "DELETE"):
            await plans.ask(method, f"/runs/crons/{name}")
    await plans.ask("GET", f"/threads/{UNKNOWN}/runs/crons")
    await plans.ask("POST", "/runs/crons/")


@scenario("cron: read, deleted, gone")
async def deleted(plans: Plans) -> None:
    cron = await plans.make()
    await plans.ask("HEAD", path_of(cron))
    await plans.ask("DELETE", path_of(cron))
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"enabled": True})):
        await plans.ask(method, path_of(cron), body)
    await plans.search()


# --- changing ----------------------------------------------------------------------------------------------

FULL: dict[str, Any] = {"config": {"configurable": {"a": 1}, "tags": ["t"]}, "stream_mode": "updates"}
PATCHES: dict[str, list[Any]] = {
    "dates": [
        {"schedule": "@yearly"},
        {"timezone": "America/New_York"},
        {"schedule": "30 2 14 3 *"},
        {"schedule": NEW_YEAR, "timezone": "Asia/Kolkata"},
        {"enabled": False},
        {"enabled": True},
    ],
    "ends": [{"end_time": "2030-01-01T00:00:00Z"}, {"end_time": "whenever"}, {"end_time": None}],
    "metadata": [{"metadata": {"j": 1, "thread_id": "x"}}, {"metadata": {"j": {"k": 2}}}, {"metadata": {}}],
    "config": [
        {"config": {"configurable": {"b": 2, "cron_id": "mine", "langgraph_auth_user": 1}}},
        {"config": {"tags": ["u"]}},
        {"config": {}},
        {"context": {"c": 1, "langgraph_auth_user": 1}},
    ],
    "what it runs": [
        {"input": {"n": 5}},
        {"input": [{"n": 5}]},
        {"interrupt_before": ["double"], "interrupt_after": "*"},
        {"stream_mode": ["values"], "stream_subgraphs": True, "stream_resumable": True, "durability": "sync"},
        {"on_run_completed": "keep"},
        {"on_run_completed": "delete"},
    ],
    "what cannot be changed": [
        {"assistant_id": "chat"},
        {"thread_id": UNKNOWN, "cron_id": UNKNOWN, "user_id": "me"},
        {"next_run_date": "2020-01-01T00:00:00Z", "created_at": "x", "payload": {"x": 1}},
        {"multitask_strategy": "bogus", "unknown": 1},
    ],
    "refused": [
        {},
        {"schedule": "bogus"},
        {"timezone": "Mars/X"},
        {"schedule": "bogus", "timezone": "Mars/X"},
        {"timezone": ""},
        *(
            {key: value}
            for key, value in WRONG
            if key not in ("assistant_id", "multitask_strategy", "end_time")
        ),
    ],
}


def changes(name: str) -> None:
    @scenario(f"cron, changed: {name}")
    async def changed(plans: Plans) -> None:
        cron = await plans.make(**FULL)
        for body in PATCHES[name]:
            await plans.change(cron, body)
        await plans.ask("GET", path_of(cron))

    @scenario(f"cron on a thread, changed: {name}")
    async def changed_on_thread(plans: Plans) -> None:
        cron = await plans.make(
            f"/threads/{await thread(plans.ask)}", timezone="Europe/Berlin", enabled=False
        )
        for body in PATCHES[name]:
            await plans.change(cron, body)
        await plans.ask("GET", path_of(cron))


for _name in PATCHES:
    changes(_name)


@scenario("cron, changed: to a schedule that names no date")
async def never(plans: Plans) -> None:
    # The real server changes half of it: see the deviations in docs/upstream.md.
    await plans.change(await plans.make(), {"schedule": "0 0 30 2 *"})


@scenario("cron, changed: one that there is not")
async def unchanged(plans: Plans) -> None:
    for body in ({"enabled": True}, {}, {"schedule": "bogus"}, {"timezone": "Mars/X"}, {"enabled": "x"}):
        await plans.ask("PATCH", f"/runs/crons/{UNKNOWN}", body)


# --- searching ---------------------------------------------------------------------------------------------

COLUMNS = ["cron_id", "assistant_id", "thread_id", "next_run_date", "created_at", "updated_at"]
SELECTABLE = [
    *COLUMNS,
    *("on_run_completed", "end_time", "schedule", "timezone", "user_id", "payload", "metadata", "enabled"),
]


async def several(plans: Plans) -> str:
    """Five crons; the thread that one of them is on."""
    on = await thread(plans.ask)
    first = await plans.make()
    await plans.make(assistant_id="chat", schedule="0 0 1 2 *")
    await plans.make(f"/threads/{on}", end_time="2030-01-01T00:00:00Z")
    await plans.make(enabled=False, metadata={"mark": plans.mark, "o": {"x": 1, "y": 2}, "l": [1, 2]})
    await plans.make(schedule="0 0 1 3 *", on_run_completed="keep")
    await plans.change(first, {"input": {"n": 2}})
    return on


@scenario("crons: pages")
async def pages(plans: Plans) -> None:
    await several(plans)
    for query in (
        {},
        {"limit": 2},
        {"limit": 2, "offset": 2},
        {"limit": 2, "offset": 4},
        {"limit": 5},
        {"offset": 40},
    ):
        await plans.search(**query)


@scenario("crons: in order")
async def ordered(plans: Plans) -> None:
    await several(plans)
    for column in COLUMNS:
        for way in ({}, {"sort_order": "asc"}, {"sort_order": "desc"}):
            await plans.search(sort_by=column, select=["cron_id"], **way)
    for direction in ("asc", "desc"):
        await plans.search(sort_order=direction, select=["cron_id"])


@scenario("crons: filtered")
async def filtered(plans: Plans) -> None:
    on = await several(plans)
    for query in (
        {"enabled": True},
        {"enabled": False},
        {"thread_id": on},
        {"thread_id": UNKNOWN},
        {"thread_id": ""},
        {"assistant_id": system_assistant_id("chat")},
        {"assistant_id": system_assistant_id("chat").upper()},
        {"assistant_id": UNKNOWN},
        {"assistant_id": ""},
        {"thread_id": on, "assistant_id": system_assistant_id("counter"), "enabled": True},
        {"end_time": "2030-01-01T00:00:00Z", "unknown": 1},
    ):
        await plans.search(select=["cron_id"], **query)
        await plans.count(**query)
    held: list[dict[str, Any]] = [
        {"o": {"x": 1}},
        {"o": {}},
        {"o": {"x": 2}},
        {"l": [1]},
        {"l": [1, 2]},
        {"z": None},
    ]
    for metadata in held:
        await plans.search(metadata=metadata, select=["cron_id"])


@scenario("crons: columns")
async def columns(plans: Plans) -> None:
    await several(plans)
    for select in ([], ["schedule", "cron_id"], ["metadata", "metadata"], SELECTABLE):
        await plans.search(select=select, limit=2)


REFUSED: list[dict[str, Any]] = [
    {"assistant_id": "counter"},
    {"assistant_id": 5},
    {"assistant_id": None},
    {"thread_id": "abc"},
    {"thread_id": None},
    {"assistant_id": "counter", "thread_id": "abc"},
    {"metadata": []},
    {"metadata": None},
    {"enabled": None},
    {"enabled": "x"},
    {"limit": 0},
    {"limit": 1001},
    {"limit": None},
    {"offset": -1},
    {"sort_by": "schedule"},
    {"sort_by": None},
    {"sort_order": "up"},
    {"select": "cron_id"},
    {"select": ["bogus"]},
    {"select": None},
]


@scenario("crons: searches and counts that are refused")
async def refused(plans: Plans) -> None:
    for query in REFUSED:
        body = {"metadata": {"mark": plans.mark}, **query}
        await plans.ask("POST", "/runs/crons/search", body)
        await plans.ask("POST", "/runs/crons/count", body)


@scenario("crons: gone with their thread")
async def gone(plans: Plans) -> None:
    on = await several(plans)
    await plans.search(select=["cron_id"])
    await plans.ask("DELETE", f"/threads/{on}")
    await plans.search(select=["cron_id"])
    await plans.ask("GET", f"/runs/crons/{plans.made[2]}")


# --- firing ------------------------------------------------------------------------------------------------


def some(answer: Answer) -> bool:
    return bool(answer.json())


def none(answer: Answer) -> bool:
    return not answer.json()


def over(answer: Answer) -> bool:
    return answer.json()["status"] not in ("pending", "running")


async def fired(plans: Plans, path: str) -> str:
    """The one run that a cron has started on a thread: the cron is deleted before it starts another."""
    found = await plans.ask.poll("GET", f"{path}/runs?select=run_id", until=some)
    await plans.ask("DELETE", f"/runs/crons/{plans.made.pop()}")
    run = f"{path}/runs/{found.json()[0]['run_id']}"
    await plans.ask.poll("GET", run, until=over)
    return run


async def fired_alone(plans: Plans) -> str:
    """The thread of the one run that a cron without a thread has started."""
    query = {"metadata": {"mark": plans.mark}, "select": ["thread_id"]}
    found = await plans.ask.poll("POST", "/threads/search", query, until=some)
    await plans.ask("DELETE", f"/runs/crons/{plans.made.pop()}")
    return f"/threads/{found.json()[0]['thread_id']}"


FIRED: dict[str, dict[str, Any]] = {
    "plainly": {},
    "with a config": {
        "config": {"configurable": {"x": 1, "user_id": "u", "__y": 2}, "tags": ["t"], "run_name": "r"}
    },
    "with context": {"context": {"c": 1}},
    "stops before a node": {"interrupt_before": ["double"]},
    "fails": {"assistant_id": "failing", "input": {"x": "value"}},
    "in modes": {"stream_mode": ["updates", "debug"], "stream_subgraphs": True, "durability": "exit"},
}


def fires(name: str) -> None:
    @scenario(f"cron on a thread, fires: {name}")
    async def on_thread(plans: Plans) -> None:
        path = f"/threads/{await thread(plans.ask)}"
        await plans.make(path, schedule=SOON, **FIRED[name])
        await fired(plans, path)
        await look(plans.ask, path)

    @scenario(f"cron, fires: {name}")
    async def alone(plans: Plans) -> None:
        await plans.make(schedule=SOON, on_run_completed="keep", **FIRED[name])
        path = await fired_alone(plans)
        await plans.ask.poll("GET", path, until=lambda answer: answer.json()["status"] != "busy")
        await look(plans.ask, path)


for _name in FIRED:
    fires(_name)


@scenario("cron, fires: its thread is deleted when the run is over")
async def once(plans: Plans) -> None:
    await plans.make(schedule=SOON, assistant_id="slow", input={"secs": 2})
    path = await fired_alone(plans)
    await plans.ask("GET", path)
    (run,) = (await plans.ask("GET", f"{path}/runs?select=run_id")).json()
    await plans.ask("GET", f"{path}/runs/{run['run_id']}/join")
    await plans.ask.poll("POST", "/threads/search", {"metadata": {"mark": plans.mark}}, until=none)


@scenario("cron on a thread, fires: its run is watched")
async def watched(plans: Plans) -> None:
    path = f"/threads/{await thread(plans.ask)}"
    slow = {"assistant_id": "slow", "input": {"secs": 3}, "stream_mode": ["custom", "debug", "events"]}
    await plans.make(path, schedule=SOON, stream_resumable=True, **slow)
    found = await plans.ask.poll("GET", f"{path}/runs?select=run_id", until=some)
    await plans.ask("DELETE", f"/runs/crons/{plans.made.pop()}")
    await plans.ask("GET", f"{path}/runs/{found.json()[0]['run_id']}/stream", headers={"last-event-id": "-"})


@scenario("cron on a thread, fires: behind a run, and goes on after it")
async def behind(plans: Plans) -> None:
    path = f"/threads/{await thread(plans.ask)}"
    await plans.ask("POST", f"{path}/runs/wait", COUNT)
    await plans.make(path, schedule=SOON, input={"n": 10})
    found = await plans.ask.poll(
        "GET", f"{path}/runs?select=run_id", until=lambda answer: len(answer.json()) > 1
    )
    await plans.ask("DELETE", f"/runs/crons/{plans.made.pop()}")
    await plans.ask.poll("GET", f"{path}/runs/{found.json()[0]['run_id']}", until=over)
    await look(plans.ask, path)


@scenario("cron on a thread, fires: changed before, and enabled at last")
async def enabled(plans: Plans) -> None:
    path = f"/threads/{await thread(plans.ask)}"
    cron = await plans.make(path, schedule=SOON, enabled=False)
    await plans.change(cron, {"input": {"n": 5}, "metadata": {"late": True}})
    await plans.change(cron, {"enabled": True})
    await fired(plans, path)
    await look(plans.ask, path)


@scenario("cron, fires: on to the next date")
async def advances(plans: Plans) -> None:
    path = f"/threads/{await thread(plans.ask)}"
    cron = await plans.make(path, schedule=SOON)
    await plans.ask.poll("GET", f"{path}/runs?select=thread_id", until=some)
    await plans.ask.poll(
        "GET", path_of(cron), until=lambda answer: answer.json()["next_run_date"] > cron["next_run_date"]
    )


@scenario("cron, fires: not while it is not enabled")
async def disabled(plans: Plans) -> None:
    path = f"/threads/{await thread(plans.ask)}"
    still = await plans.make(f"/threads/{await thread(plans.ask)}", schedule=SOON, enabled=False)
    await plans.make(path, schedule=SOON)
    await fired(plans, path)
    await plans.ask("GET", f"/threads/{still['thread_id']}/runs")
    await plans.ask("GET", path_of(still))


@scenario("cron: reserved keys of config.metadata")
async def reserved_metadata(plans: Plans) -> None:
    cron = await plans.make(config={"metadata": {"run_id": 1, "thread_id": 2, "k": 3}})
    await plans.change(cron, {"config": {"metadata": {"run_id": 4, "k": 5}}})
    on = f"/threads/{await thread(plans.ask)}"
    await plans.make(on, config={"metadata": {"run_id": 1, "k": 3}, "tags": ["t"]})
