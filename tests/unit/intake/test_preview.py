"""Where the preview of a learned blank writes the names of fields."""

from services.intake.learning.preview import free_room

PAGE = (1000, 1400)
NAME = (60, 15)
WIDE = (300.0, 400.0, 700.0, 440.0)
BOX = (300.0, 400.0, 330.0, 430.0)


def inside(room: tuple[float, ...], area: tuple[float, ...]) -> bool:
    return room[0] >= area[0] and room[1] >= area[1] and room[2] <= area[2] and room[3] <= area[3]


def apart(room: tuple[float, ...], area: tuple[float, ...]) -> bool:
    return (
        room[2] <= area[0] or room[0] >= area[2] or room[3] <= area[1] or room[1] >= area[3]
    )  # fmt: skip


def test_the_name_of_a_field_stands_in_it() -> None:
    assert inside(free_room(WIDE, *NAME, PAGE, [WIDE]), WIDE)


def test_the_name_of_a_box_stands_before_it_and_leaves_its_label_free() -> None:
    label = (345.0, 400.0, 600.0, 430.0)
    room = free_room(BOX, *NAME, PAGE, [BOX, label])
    assert room[2] < BOX[0]
    assert apart(room, label)


def test_a_name_gives_way_to_print_and_to_other_names() -> None:
    before = (200.0, 400.0, 295.0, 430.0)
    behind = (335.0, 400.0, 500.0, 430.0)
    room = free_room(BOX, *NAME, PAGE, [BOX, before, behind])
    assert all(apart(room, one) for one in (BOX, before, behind))
    again = free_room(BOX, *NAME, PAGE, [BOX, before, behind, room])
    assert all(apart(again, one) for one in (BOX, before, behind, room))


def test_a_name_does_not_leave_the_page() -> None:
    box = (10.0, 2.0, 30.0, 22.0)
    label = (40.0, 2.0, 200.0, 22.0)
    room = free_room(box, *NAME, PAGE, [box, label])
    assert inside(room, (0, 0, *PAGE))
    assert apart(room, label)
