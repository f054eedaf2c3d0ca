"""What an archive said, object by object."""

from app.domain.sending.answer import StoreAnswer, is_passing, meaning_of


def test_what_it_said_nothing_of_is_missing() -> None:
    answer = StoreAnswer(frozenset({"1"}), {"2": 0xA700})
    assert answer.missing(["1", "2", "3"]) == ("3",)


def test_only_a_lack_of_room_or_a_failure_to_process_may_pass() -> None:
    passing = [0xA700, 0xA7FF, 0x0110]
    assert all(map(is_passing, passing))
    assert not any(map(is_passing, (0, 0x0122, 0x0124, 0xA900, 0xC000, 0xA800, 0xA6FF)))


def test_a_reason_is_said_in_words_with_its_code_and_an_unknown_one_with_its_code() -> None:
    assert meaning_of(0x0122) == "it takes no objects of this kind (0122)"
    assert meaning_of(0xA701) == "it has no room now (A7xx)"
    assert meaning_of(0xC001) == "failure C001"
    assert meaning_of(0) == "failure without a code"
