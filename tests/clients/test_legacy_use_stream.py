"""useStream of @langchain/langgraph-sdk, in a page of React: a hook on the classic endpoints, with their streams of runs.

The chats are those of tests/js/chats.mjs, all of them in one page; what they are expected to show is what they show
of the real server.
"""

from typing import Any

import pytest

from mockgraph import MockGraph
from tests.clients import chat
from tests.clients.chat import COUNTING, answers, loading, seen, spoken
from tests.clients.javascript import VERSIONS, ready, told

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def chats(version: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen in each chat, by its name."""
    with MockGraph(chat.written(tmp_path_factory.mktemp("chat"))) as mock:
        url = mock.url if version == "1.15.0" else mock.namespace("pages").url
        [found] = told(ready(f"v{version}"), "legacy.mjs", url)
        assert mock.unmatched == []
    return dict(found)


def test_a_first_message_is_answered(chats: dict[str, Any]) -> None:
    greeted = seen(chats, "greeted")
    views = greeted["views"]
    assert views[0] == {"messages": [], "isLoading": False}
    assert loading(views) == [False, True, False]
    assert (spoken(views[-1]), views[-1]["decision"]) == (chat.GREETED, "greeted")
    assert greeted["thread"] == {"status": "idle", "graph": "chat"}


def test_words_are_shown_as_they_come(chats: dict[str, Any]) -> None:
    views = seen(chats, "counted")["views"]
    assert answers(views) == COUNTING
    assert loading(views) == [False, True, False]


def test_a_tool_is_called(chats: dict[str, Any]) -> None:
    views = seen(chats, "looked")["views"]
    assert spoken(views[-1]) == chat.LOOKED
    assert views[-1]["messages"][1]["tool_calls"] == [chat.TOOL_CALL]
    assert chat.LOOKED[:3] in [spoken(view) for view in views]


@pytest.mark.parametrize(("name", "answer"), [("approved", "yes"), ("approvedLater", "no")])
def test_a_question_is_answered(chats: dict[str, Any], name: str, answer: str) -> None:
    found = seen(chats, name)
    waits, last = found["waits"], found["last"]
    assert (spoken(waits), waits["interrupt"]) == (chat.ASKED, chat.QUESTION)
    assert (spoken(last), last["decision"]) == (chat.APPROVED, answer)


def test_a_page_that_comes_back_shows_the_thread_and_goes_on(chats: dict[str, Any]) -> None:
    found = seen(chats, "reloaded")
    shown, last = found["shown"], found["last"]
    assert (spoken(shown), shown["decision"]) == (chat.GREETED, "greeted")
    assert spoken(last) == [*chat.GREETED, *chat.LOOKED]


def test_a_page_that_comes_back_during_a_run_follows_it(chats: dict[str, Any]) -> None:
    views = seen(chats, "rejoined")["views"]
    shown = answers(views)
    assert shown == [text for text in COUNTING if text in shown]
    assert len(shown) > 1
    assert (spoken(views[-1]), views[-1]["isLoading"]) == (chat.COUNTED, False)


def test_a_stopped_run_is_cancelled(chats: dict[str, Any], version: str) -> None:
    stopped = seen(chats, "stopped")
    assert loading(stopped["views"]) == [False, True, False]
    # 1.15.0 looks at the thread's state again, which has no word of the answer.
    stays = chat.STOPPED if version == "2.0.0" else chat.STOPPED[:1]
    assert spoken(stopped["views"][-1]) == stays
    assert answers(stopped["views"]) == ["one "]
    assert (stopped["status"], stopped["kept"], stopped["next"]) == ("interrupted", 1, ["agent"])


def test_a_run_that_fails_is_an_error(chats: dict[str, Any]) -> None:
    last = seen(chats, "failed")["last"]
    assert (spoken(last), last["error"]) == (chat.FALLEN, "ValueError: kaboom")


def test_a_question_is_asked_in_other_words(chats: dict[str, Any]) -> None:
    edited = seen(chats, "edited")
    assert [spoken(edited[view]) for view in ("forked", "shown")] == [[*chat.GREETED, *chat.COUNTED]] * 2
