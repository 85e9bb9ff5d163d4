"""Files and folders: which are read, in which order, and what they say together."""

from pathlib import Path

import pytest

from mockgraph.script.loading import fixture_files, load, load_texts
from mockgraph.words.errors import FixtureError

HEAD = "mockgraph: 1\ngraph: agent\n"


def stub(name: str, **more: str) -> str:
    fields = "".join(f", {key}: {value}" for key, value in more.items())
    return f"stubs: [{{name: {name}, play: []{fields}}}]\n"


def test_folders_are_read_by_name_and_in_depth(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "deep/c.json", "notes.txt", "mockgraph.schema.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = [path.relative_to(tmp_path).as_posix() for path in fixture_files([tmp_path])]
    assert found == ["a.yml", "b.yaml", "deep/c.json"]


def test_two_files_may_script_one_graph() -> None:
    graphs = load_texts(
        [("a", HEAD + stub("one")), ("b", HEAD + "channels: {x: append}\n" + stub("two", after="one"))]
    )
    assert [one.name for one in graphs["agent"].stubs] == ["one", "two"]
    assert graphs["agent"].channels.closed


def test_json_is_the_subset_that_it_is() -> None:
    text = '{"mockgraph": 1, "graph": "agent", "stubs": [{"name": "one", "play": [{"node": "a", "update": {"x": [1.5, null, "\\u00e9"]}}]}]}'
    (update,) = load_texts([("a.json", text)])["agent"].stubs[0].play.supersteps[0].tasks[0].steps
    assert update.written == {"x": [1.5, None, "é"]}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            [HEAD + "channels: {x: append}\n", HEAD + "channels: {x: add}\n"],
            "1:3:11: channels: graph 'agent' has its channels already; they stand in 0; keep one of the two",
        ),
        (
            [HEAD + stub("one"), HEAD + stub("one")],
            "1:3:9: stubs: a second stub 'one' of graph 'agent'; the first is at 0:3; give this one a name of its own",
        ),
    ],
)
def test_what_two_files_cannot_both_say(texts: list[str], said: str) -> None:
    with pytest.raises(FixtureError) as caught:
        load_texts([(str(number), text) for number, text in enumerate(texts)])
    assert str(caught.value) == said


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"mockgraph: 1\ngraph: \xff\n")
    with pytest.raises(FixtureError, match=r"a.yaml: not UTF-8 \(byte 20\); save the file as UTF-8"):
        load([tmp_path])


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + (HEAD + stub("one")).replace("\n", "\r\n").encode())
    assert load([tmp_path])["agent"].stubs[0].name == "one"


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = HEAD + "stubs:\n  - name: one\n    play:\n      - node: a\n        update:\n"
    text += "          v: [on, no, 12:30:45, 2026-01-01, 0o17, 0x1F, 1e3, .5, ~, Null, TRUE, 'x', +1, 010]\n"
    (update,) = load_texts([("a", text)])["agent"].stubs[0].play.supersteps[0].tasks[0].steps
    expected = ["on", "no", "12:30:45", "2026-01-01", 15, 31, 1000.0, 0.5, None, None, True, "x", 1, 10]
    assert update.written["v"] == expected  # type: ignore[union-attr]


def test_aliases_stand_for_what_they_name() -> None:
    text = (
        HEAD
        + "stubs:\n  - {name: one, play: &p [{node: a, update: {x: 1}}]}\n  - {name: two, after: one, play: *p}\n"
    )
    one, two = load_texts([("a", text)])["agent"].stubs
    assert one.play == two.play


def test_an_alias_bomb_is_a_complaint() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(FixtureError, match="more than 200000 values"):
        load_texts([("bomb", HEAD + "\n".join(lines))])


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "stubs: " + "[" * 3000,
        HEAD + "stubs: " + "[" * 150 + "]" * 150,
        HEAD + "x: " + "9" * 5000,
        HEAD + 'stubs: "\\UFFFFFFFF"',
        'mockgraph: 1\ngraph: "\\ud800"\n',
        "mockgraph: 1\ngraph: agent\n? ",
        HEAD + "stubs: [{name: a, when: {input.x: {matches: 'a{99999999999}'}}, play: []}]",
        HEAD + "stubs: [{name: a, when: {input.x: {matches: '[[a]'}}, play: []}]",
        HEAD + f'stubs: [{{name: a, when: {{"{"!" * 900}input": 1}}, play: []}}]',
        HEAD + "stubs: [{name: a, when: {'@.input.x': 1}, play: []}]",
        HEAD + f'stubs: [{{name: a, play: [{{node: a, update: {{x: "${{input[{"9" * 5000}]}}"}}}}]}}]',
        HEAD + "stubs: [{name: a, play: [{node: a, stream: [{tool_call_chunks: [{args: 5}]}], update: {}}]}]",
        HEAD + "stubs: [{name: a, play: [{node: a, stream: [{tool_call_chunks: 5}], update: {}}]}]",
        HEAD + "stubs: [{name: a, play: [{node: a, update: {messages: [{type: {a: 1}, content: x}]}}]}]",
        HEAD + "stubs: [{name: a, play: [{node: a, update: {messages: [{ai: x, id: {}}]}}]}]",
        HEAD + 'stubs: [{name: a, play: [{node: a, update: {messages: [{ai: "\\ud800"}]}}]}]',
        HEAD + "stubs: [{name: a, after: a, play: []}]",
        HEAD + "stubs: [{name: a, turns: []}]",
        HEAD + f"stubs: [{{name: a, play: [{{node: a, delay: {'9' * 400}s}}]}}]",
    ],
)
def test_odd_fixtures_are_complaints_and_never_tracebacks(text: str) -> None:
    with pytest.raises(FixtureError) as caught:
        load_texts([("odd.yaml", text)])
    assert str(caught.value).startswith("odd.yaml:")


def test_names_inside_an_expression_reference_are_not_the_runs() -> None:
    text = HEAD + "stubs: [{name: a, when: {'sort_by(input.l, &n)[0].n': 1}, play: []}]"
    assert load_texts([("a", text)])["agent"].stubs[0].roots == {"input"}


def test_a_folder_is_read_in_depth_but_for_what_is_installed_or_hidden_there(tmp_path: Path) -> None:
    stub = "stubs: [{name: all, play: []}]"
    for place in ("a.yaml", "deep/er/b.yml", "node_modules/x/c.yaml", ".venv/d.json", "deep/.hidden.yaml"):
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"mockgraph: 1\ngraph: {file.stem.strip('.')}\n{stub}\n")
    assert sorted(load([tmp_path])) == ["a", "b"]
    assert sorted(load([tmp_path / "node_modules"])) == ["c"]
