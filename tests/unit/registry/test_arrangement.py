"""The rules of arranging a mail's pages into new documents."""

from typing import Any

from services.registry.domain.arrangement import (
    MOST_PAGES,
    NOWHERE,
    Arranged,
    Hindrance,
    PageId,
    Placing,
    Plan,
    Waiting,
    Wish,
    arranged,
    hindrances,
    is_accounted_for,
)
from services.registry.web.arrange_words import FAULTS, HINDRANCES
from shared.events import ReadAs, RereadFault, Turn

A, B, C, D = PageId(1, 1), PageId(1, 2), PageId(2, 1), PageId(3, 1)
ONE, TWO = Waiting("m-1", (A, B)), Waiting("m-2", (C,))
FORM = Wish(ReadAs.LEARNED_FORM, "kompetens-2024", 101)


def plan(*documents: tuple[PageId, ...], left_out: tuple[PageId, ...] = (), **more: Any) -> Plan:
    turns = more.pop("turns", {})
    placed = {
        page: Placing(number, place, turns.get(page, Turn.NONE))
        for number, pages in enumerate(documents, start=1)
        for place, page in enumerate(pages)
    }
    placed |= {page: Placing(NOWHERE) for page in left_out}
    return Plan(placed, more.pop("wishes", {}), "m-1")


def pages(of: Arranged) -> list[tuple[PageId, ...]]:
    return [tuple(page for page, _ in one.pages) for one in of.documents]


def against(wanted: Plan, *waiting: Waiting) -> tuple[Hindrance, ...]:
    return hindrances(wanted, waiting or (ONE, TWO), {("kompetens-2024", 101)})


def test_a_document_is_split_and_the_one_beside_it_left_alone() -> None:
    done = arranged(plan((A,), (B,), (C,)), (ONE, TWO))
    assert (done.gives_way, pages(done), done.left_out) == (("m-1",), [(A,), (B,)], ())


def test_two_documents_are_merged_in_the_order_given() -> None:
    done = arranged(plan((C, A, B)), (ONE, TWO))
    assert (done.gives_way, pages(done)) == (("m-1", "m-2"), [(C, A, B)])


def test_another_order_or_turn_is_reason_enough_to_read_a_document_again() -> None:
    assert pages(arranged(plan((B, A), (C,)), (ONE, TWO))) == [(B, A)]
    turned = arranged(plan((A, B), (C,), turns={C: Turn.HALF}), (ONE, TWO))
    assert (turned.gives_way, turned.documents[0].pages) == (("m-2",), ((C, Turn.HALF),))


def test_a_wish_reads_a_document_again_with_the_same_pages() -> None:
    done = arranged(plan((A, B), (C,), wishes={2: FORM}), (ONE, TWO))
    assert (done.gives_way, pages(done), done.documents[0].wish) == (("m-2",), [(C,)], FORM)


def test_nothing_changed_reads_again_the_document_that_was_shown() -> None:
    done = arranged(plan((A, B), (C,)), (ONE, TWO))
    assert (done.gives_way, pages(done)) == (("m-1",), [(A, B)])


def test_pages_that_belong_to_none_are_told_apart() -> None:
    done = arranged(plan((A,), (C,), left_out=(B,)), (ONE, TWO))
    assert (done.gives_way, pages(done), done.left_out) == (("m-1",), [(A,)], (B,))


def test_numbers_may_have_gaps_and_pages_of_one_place_keep_their_order() -> None:
    wanted = Plan({A: Placing(7, 1), B: Placing(7, 1), C: Placing(3, 5)}, {}, "m-2")
    done = arranged(wanted, (ONE, TWO))
    assert (done.gives_way, pages(done)) == (("m-2",), [(C,)])
    assert against(wanted) == ()


def test_every_page_must_be_placed() -> None:
    assert against(plan((A,), (C,))) == (Hindrance.PAGE_UNPLACED,)


def test_a_page_that_no_longer_waits_makes_the_plan_stale() -> None:
    assert against(plan((A, B), (C,), (D,))) == (Hindrance.STALE,)


def test_an_empty_document_cannot_be_read_as_anything() -> None:
    assert against(plan((A, B, C), wishes={2: FORM})) == (Hindrance.EMPTY_DOCUMENT,)
    assert against(plan((A, B, C), wishes={2: Wish()})) == ()


def test_a_form_must_be_in_force_to_be_read_by() -> None:
    other = Wish(ReadAs.LEARNED_FORM, "kompetens-2024", 102)
    assert against(plan((A, B), (C,), wishes={1: other})) == (Hindrance.UNKNOWN_FORM,)
    assert against(plan((A, B), (C,), wishes={1: FORM, 2: Wish(ReadAs.NEED)})) == ()


def test_to_leave_out_whole_documents_is_no_arrangement() -> None:
    assert against(plan(left_out=(A, B, C))) == (Hindrance.NOTHING_LEFT,)
    assert against(plan((A, B), left_out=(C,))) == (Hindrance.NOTHING_LEFT,)


def test_no_page_or_more_than_a_person_can_keep_in_sight_cannot_be_arranged() -> None:
    assert against(plan(), Waiting("m-1", ())) == (Hindrance.NO_PAGES,)
    many = tuple(PageId(1, number) for number in range(1, MOST_PAGES + 2))
    assert against(plan(many), Waiting("m-1", many)) == (Hindrance.NO_PAGES,)


def test_pages_are_accounted_for_if_each_stands_once_in_what_comes_of_them() -> None:
    assert is_accounted_for((ONE, TWO), {"m-1"}, (B, A))
    assert not is_accounted_for((ONE, TWO), {"m-1"}, (A,))
    assert not is_accounted_for((ONE, TWO), {"m-1"}, (A, B, B))
    assert not is_accounted_for((ONE, TWO), {"m-1"}, (A, B, C))
    assert not is_accounted_for((TWO,), {"m-1"}, (A, B))


def test_every_hindrance_and_fault_has_words() -> None:
    assert set(HINDRANCES) == set(Hindrance)
    assert set(FAULTS) == set(RereadFault)
