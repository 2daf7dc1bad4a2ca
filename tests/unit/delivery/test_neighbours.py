"""Who has work beside a workspace."""

from __future__ import annotations

from services.delivery.neighbours import Neighbours


class Seconds:
    """A clock that the test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_alone_a_workspace_has_no_neighbour() -> None:
    neighbours = Neighbours(clock=Seconds())
    assert not neighbours.has("a")
    for _ in range(3):
        neighbours.pulled("a")
    assert not neighbours.has("a")


def test_each_is_the_others_neighbour() -> None:
    neighbours = Neighbours(clock=Seconds())
    for workspace in "ab":
        neighbours.pulled(workspace)
    assert all(map(neighbours.has, "abc"))


def test_who_had_no_work_for_a_second_is_no_neighbour() -> None:
    clock = Seconds()
    neighbours = Neighbours(clock=clock)
    neighbours.pulled("b")
    clock.now += 0.9
    neighbours.pulled("a")
    assert neighbours.has("a")
    clock.now += 0.2
    assert (neighbours.has("a"), neighbours.has("b")) == (False, True)


def test_however_many_there_are_the_latest_count() -> None:
    neighbours = Neighbours(clock=Seconds())
    for number in range(1000):
        neighbours.pulled(f"ws_{number}")
        neighbours.pulled("loud")
    assert neighbours.has("loud")
    assert len(neighbours._pulled_at) == 2
