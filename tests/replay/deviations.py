"""Where mockgraph means to answer otherwise than the captures say, each with its reason.

A deviation replaces text in the captured answers of the steps that it names. Where there is nothing to replace,
or where mockgraph answers as captured, the test fails: the deviation is no longer needed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Deviation:
    """One deliberate difference in some steps of some captures.

    `old` is found in the captured body and `new` stands in ours (`<step>`: the step's number, for ids that differ
    from step to step); `old` None: the answer is ours from the status line on, with ids and times named. `like`: the
    answer is that of another step. `both`: left out of both answers, because it cannot be the same. `extra`: fields
    that the request gets in addition. Where it is not `asked`, the step is left out.
    """

    name: str
    why: str
    steps: Mapping[str, tuple[int, ...]]
    old: str | None = ""
    new: str = ""
    like: int | None = None
    both: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    asked: bool = True

    def body(self, step: int, captured: str) -> str:
        """The captured body of a step as mockgraph means to answer it."""
        body = self.without(captured)
        return re.sub(self.old, self.new.replace("<step>", f"{step:02}"), body) if self.old else body

    def without(self, body: str) -> str:
        """A body without what cannot be the same."""
        return re.sub(self.both, "<left out>", body) if self.both else body

    def answer(self, text: str, texts: Sequence[str]) -> str:
        """The text of a step where the whole answer is another."""
        asked, _, told = text.partition("\n")
        if self.like is not None:
            told = texts[self.like].partition("\n")[2]
        return f"{asked}\n{self.new if self.old is None else told}"


_GRAPHS = (
    "agent, echo, cfg, hitl, hitl2, hitlseq, boom, err, loop, sub, sub2, subhitl, suberr, par, send, goto, slow, "
    "react, msgs, noop, remove, custom, io, none, late, types, llms, parllm, listcmd, subpar, callsub, cmdparent, "
    "retry, llmboom, hitlpar"
)


def _accepted(webhook: str, run: int, request: int) -> str:
    """The answer to a background run on a thread, as the real server gives it where it takes the webhook."""
    ids = '"graph_id":"echo","assistant_id":"<id 3>"'
    asking = (
        '"langgraph_auth_user":null,"langgraph_auth_user_id":"","langgraph_auth_permissions":[],'
        f'"langgraph_request_id":"<id {request}>","__request_start_time_ms__":<ms>,"__after_seconds__":0'
    )
    kwargs = (
        f'{{"input":{{"x":1}},"command":null,"config":{{"configurable":{{{asking},'
        f'"run_id":"<id {run}>","thread_id":"<id 1>",{ids},"user_id":""}},'
        f'"metadata":{{"created_by":"system",{ids}}}}},"context":{{}},"stream_mode":["values"],'
        f'"interrupt_before":null,"interrupt_after":null,"webhook":"{webhook}","feedback_keys":null,'
        '"temporary":false,"subgraphs":false,"resumable":false,"checkpoint_during":true,"durability":"async"}'
    )
    body = (
        f'{{"run_id":"<id {run}>","thread_id":"<id 1>","assistant_id":"<id 3>",'
        f'"metadata":{{"created_by":"system",{ids}}},"status":"pending","kwargs":{kwargs},'
        '"multitask_strategy":"enqueue","created_at":"<time>","updated_at":"<time>","langsmith_session_name":null}'
    )
    return (
        f"200\ncontent-location: /threads/<id 1>/runs/<id {run}>\n"
        f"content-length: <length>\ncontent-type: application/json\nvary: Origin\n> {body}"
    )


_JSON = "content-length: <length>\ncontent-type: application/json\nvary: Origin\n"
_DETAIL = '{status}\n{headers}> {{"detail":"{detail}"}}'


def _refusal(status: int, detail: str) -> str:
    return _DETAIL.format(status=status, headers=_JSON, detail=detail)


def _lacking(what: str, instance: str) -> str:
    """What a schema says of a body that lacks something."""
    said = f'"{what}" is a required property\n\nFailed validating "required" in schema\n\nOn instance:\n    {instance}'
    return json.dumps(said)[1:-1]


_CRON = (
    f'200\n{_JSON}> {{"cron_id":"<id 2>","assistant_id":"<id 3>","thread_id":null,"user_id":"","end_time":null,'
    '"schedule":"* * * * *","timezone":null,"payload":{"assistant_id":"<id 3>","schedule":"* * * * *",'
    '"webhook":"<server>/x","config":{"configurable":{"cron_id":"<id 2>"}}},"next_run_date":"<left out>",'
    '"metadata":{},"on_run_completed":"delete","enabled":true,"created_at":"<time>","updated_at":"<time>"}'
)
_LOOPBACK = {
    1: "<server>/hook",
    2: "http://localhost:9931/hook",
    6: "http://[::1]:99/",
}

DEVIATIONS: list[Deviation] = [
    Deviation(
        "what a channel of a name tells",
        "it is told from a transformer of the graph's own, before each of the values; a fixture tells it from its nodes",
        {"v2_custom_named": (1,)},
        asked=False,
    ),
    *(
        Deviation(
            name=f"a webhook on this machine: {webhook}",
            why="what a test double is for: the receiver is in the test",
            steps={"errors_webhook": (step,)},
            old=None,
            new=_accepted(webhook, run=2 if at == 0 else 3 + 2 * at, request=4 + 2 * at),
        )
        for at, (step, webhook) in enumerate(_LOOPBACK.items())
    ),
    Deviation(
        name="a checkpoint that is no object, in a run without a thread",
        why="a crash that no client can depend on",
        steps={"errors_validation": (42,)},
        old=None,
        new='422\ncontent-length: <length>\ncontent-type: application/json\nvary: Origin\n> {"detail":"checkpoint must be an object"}',
    ),
    Deviation(
        name="a webhook to every address of this machine",
        why="only loopback is allowed without asking; the text says how to allow more",
        steps={"errors_webhook": (7,)},
        old="blocked IP range",
        new="'0.0.0.0' is not loopback; mockgraph posts to loopback only, "
        "unless it is started with --allow-webhooks-to 0.0.0.0",
    ),
    Deviation(
        name="a webhook without a server",
        why="the real server's text is about its own configuration, which mockgraph does not have",
        steps={"errors_webhook": (3,)},
        old=r"Loopback webhooks \(relative URLs and localhost\)[^\"]*",
        new="Loopback webhooks (relative URLs) are not built; give the whole URL.",
    ),
    Deviation(
        name="feedback URLs",
        why="nobody answers them: they look like LangSmith's, each with a token of its own",
        steps={"feedback": (0, 1, 2)},
        old=r"http://127\.0\.0\.1:2172/feedback/tokens/k(\d)",
        new=r"https://api.smith.langchain.com/feedback/tokens/00000000-0000-0000-0000-000000000\g<1><step>",
    ),
    Deviation(
        name="the thread of a pending run that was rolled back",
        why="upstream it stays busy for ever: an accident that no client can depend on",
        steps={"cancel_pending": (9,)},
        old='"status":"busy"',
        new='"status":"idle"',
    ),
    Deviation(
        name="graph ids in 422 texts",
        why="those of the fixtures are what there is",
        steps={"errors_create": (5, 11, 17, 23, 29, 35)},
        old=_GRAPHS,
        new="echo",
    ),
    Deviation(
        name="graph ids in 422 texts of a batch",
        why="those of the fixtures are what there is",
        steps={"runs_stateless_background": (11,)},
        old=_GRAPHS,
        new="slow, echo",
    ),
    Deviation(
        name="a held run starts when somebody looks",
        why="six clients join one after the other: the run is asked to wait until all of them have",
        steps={"join_live": (7,)},
        old='"__after_seconds__":0',
        new='"__after_seconds__":1',
        extra={"after_seconds": 1},
    ),
    Deviation(
        name="where the name of a scripted model stands",
        why="a fixture says it as metadata of the model",
        steps={"v2_classic_run_bridge": (6,)},
        old=r'(,"checkpoint_ns":"[^"]*","ls_provider":"scripted")(,"ls_model_name":"script-1")',
        new=r"\2\1",
    ),
    Deviation(
        name="a token that breaks the server's own auth",
        why="auth is data, which does not break: the token is an unknown one",
        steps={"auth_custom": (6,)},
        old=None,
        new=_refusal(401, "Invalid token"),
    ),
    Deviation(
        name="the runs in the way of an edit",
        why="Python objects, printed, that no client can depend on",
        steps={"state_busy_thread": (5,)},
        old=r"\[\{'run_id': UUID\(('[^']*')\).*\]",
        new=r"[\1]",
    ),
    Deviation(
        name="history before a flat checkpoint",
        why="a crash; clients send it so",
        steps={"state_history_filters": (20,)},
        like=11,
    ),
    Deviation(
        name="a thread after an edit inside a node: its status",
        why="that of the graph inside: an accident",
        steps={"state_subgraph_interrupted": (11,)},
        old='"status":"idle"',
        new='"status":"interrupted"',
    ),
    Deviation(
        name="a thread after an edit inside a node: its values and interrupts",
        why="those of the graph inside: an accident",
        steps={"state_subgraph_interrupted": (11,)},
        old=r',\{"content":"Hello.*$',
        new=r']},"error":null,"interrupts":{"<id 5>":[{"id":"<id 3>","value":{"question":"approve?","args":{"a":1}}}]}}',
    ),
    Deviation(
        name="what a thread takes up",
        why="other storage; how many versions and writes there are is the same",
        steps={"state_two_nodes": (5,)},
        both=r'(?<="total_bytes":)\d+|(?<="checkpoints":{"count":4,"bytes":)\d+'
        r'|(?<="pending_writes":{"count":8,"bytes":)\d+',
    ),
    Deviation(
        name="the tools of a node inside nodes",
        why="a fixture says such things of the nodes of its own graph",
        steps={"assistants_graph": (8,)},
        old=re.escape(',"metadata":{"__tools":["get_weather","failing_tool"]}'),
        new="",
    ),
    Deviation(
        name="schemas of messages",
        why="without what LangChain's documentation says in them",
        steps={"assistants_schemas": (2,)},
        both=r'(?<="\$defs":)\{.*?\}(?=,"properties":\{"messages")',
    ),
    *(
        Deviation(
            name=f"the schema of an {what} is inferred",
            why="its name in Python, and what is required, are not known",
            steps={"assistants_schemas": (2,)},
            old=re.escape(f'"required":["messages"],"title":"MS","type":"object"}},"{behind}_schema"'),
            new=f'"title":"plain_{what}","type":"object"}},"{behind}_schema"',
        )
        for what, behind in (("input", "output"), ("output", "state"))
    ),
    Deviation(
        name="metrics of the process, and how long answers took",
        why="nothing is measured: the same requests get the same bytes",
        steps={"system_metrics": (1, 2)},
        old=r"(?m)^(?:# (?:HELP|TYPE) )?(?:python|process|target|lg_api_http_requests_latency)_?[^\n]*\n",
        new="",
    ),
    Deviation(
        name="a cron whose webhook is on this machine",
        why="what a test double is for: the receiver is in the test",
        steps={"crons_errors": (9,)},
        old=None,
        new=_CRON,
        both=r'(?<="next_run_date":")[^"]*',
    ),
    *(
        Deviation(
            name=f"a cron without {what}",
            why="a crash that no client can depend on",
            steps={"crons_errors": (step,)},
            old=None,
            new=_refusal(422, _lacking(what, instance)),
        )
        for step, what, instance in (
            (10, "assistant_id", '{"schedule":"* * * * *"}'),
            (11, "schedule", '{"assistant_id":"counter"}'),
        )
    ),
    Deviation(
        name="a store search of everything",
        why="a crash that no client can depend on",
        steps={"store_errors": (21,)},
        old=None,
        new=f'200\n{_JSON}> {{"items":[]}}',
    ),
    Deviation(
        name="a message of no model beside one that a model streams",
        why="a task has one `model`: a fixture cannot say of one of its messages that the node merely returned it",
        steps={"stream_messages_llms": (1, 3)},
        old=r'event: [^\r]*\r\ndata: [^\r]*"extra-1"[^\r]*\r\n\r\n',
        new="",
    ),
]
