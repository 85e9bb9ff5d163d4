"""Ids: no two alike; and of a deterministic namespace the same ones for the same requests."""

from mockgraph.runtime.new_ids import NewIds
from mockgraph.runtime.options import Options
from mockgraph.words.ids import canonical


def test_no_two_random_ids_are_alike() -> None:
    ids = NewIds(Options())
    made = [ids.thread(b"{}") for _ in range(1000)]
    made += [one for _ in range(1000) for one in ids.run(None, b"{}", 0)]
    assert len(set(made)) == len(made)
    assert [canonical(one) for one in made] == made


def test_two_namespaces_share_no_random_id() -> None:
    ours, theirs = NewIds(Options()), NewIds(Options())
    assert {ours.thread(b"") for _ in range(500)}.isdisjoint({theirs.thread(b"") for _ in range(500)})


def test_the_same_requests_get_the_same_ids() -> None:
    def made() -> list[str]:
        ids = NewIds(Options(deterministic=True))
        return [ids.thread(b"{}"), ids.thread(b"{}"), *ids.run(None, b"{}", 0), ids.cron(None, b"{}")]

    assert made() == made()
    assert len(set(made())) == 5


def test_an_id_of_which_nothing_came_is_given_again() -> None:
    ids = NewIds(Options(deterministic=True))
    first = ids.context(b"hello")
    ids.unused(b"hello")
    assert ids.context(b"hello") == first
    assert ids.context(b"hello") != first
