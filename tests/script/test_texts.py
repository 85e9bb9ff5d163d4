"""What people write in chat texts survives YAML, or the loader says how to quote it. Nothing is lost in silence."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mockgraph.script.loading import load_texts
from mockgraph.words.errors import FixtureError

# Digits, braces, hashes, colons, quotes, and what stands between them.
TEXTS = st.text(alphabet="0129{}#:'\"- .,$[]abé\\&*!|>%@`?~=", min_size=1, max_size=14).filter(
    lambda text: text == text.strip()
)
STYLES = {
    "block": "  - name: one\n    play:\n      - node: agent\n        update:\n          messages:\n            - ai: {}\n",
    "flow": "  - name: one\n    play:\n      - {{node: agent, update: {{messages: [{{ai: {}}}]}}}}\n",
}


def message(style: str, written: str) -> dict[str, object]:
    """The message that a fixture with this text, just as written, comes to; raises FixtureError."""
    text = "mockgraph: 1\ngraph: agent\nstubs:\n" + STYLES[style].format(written)
    graph = load_texts([("chat.yaml", text)])["agent"]
    (update,) = graph.stubs[0].play.supersteps[0].tasks[0].steps
    found: dict[str, object] = update.written["messages"][0]  # type: ignore[union-attr]
    return found


def meant(written: str) -> str:
    """The text that somebody meant who knows of YAML only that quotes may stand around a text, and a comma behind it."""
    if written[0] in "\"'" and len(written) > 1:
        try:
            unquoted = yaml.safe_load(written.removesuffix(",").rstrip())
        except yaml.YAMLError:
            return written
        return unquoted if isinstance(unquoted, str) else written
    return written


def check(style: str, written: str) -> None:
    try:
        found = message(style, written)
    except FixtureError as error:
        for complaint in error.complaints:
            told = f"{complaint.what} {complaint.hint}"
            assert "quote" in told or "$${" in told, told
        return
    content = found["content"]
    if isinstance(content, list):  # a text in brackets is a list of content blocks, which YAML has for it
        assert written[0] == "["
    elif (
        set(found) > {"content"} and len(found) > 9
    ):  # `a, b: c` in flow style: a further field of the message
        assert "," in written
        assert ":" in written
    else:
        assert content == meant(written).replace("$${", "${")


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_block_style(written: str) -> None:
    check("block", written)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_flow_style(written: str) -> None:
    check("flow", written)


@given(st.text(min_size=0, max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_survives_in_double_quotes(text: str) -> None:
    escaped = "".join(
        f"\\U{ord(char):08x}" if not (char.isascii() and char.isalnum()) else char for char in text
    )
    if "${" in text:
        return
    assert message("block", f'"{escaped}"')["content"] == text
    assert message("flow", f'"{escaped}"')["content"] == text
