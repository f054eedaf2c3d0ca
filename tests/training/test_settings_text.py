from dataclasses import dataclass

import pytest

from dprotonet.errors import ReadableError
from training.settings_text import changed, pairs_of


@dataclass(frozen=True)
class Choice:
    count: int = 3
    rate: float = 0.5
    edged: bool = False
    words: tuple[str, ...] = ("blur",)
    ends: tuple[float, float] = (0.1, 0.9)
    limit: float | None = None

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("count is at least 0.")


def read(*texts, keys=None):
    return changed(Choice(), pairs_of(texts, "a choice", "count=4"), "a choice", keys)


def test_every_kind_of_field_is_read():
    given = read("count=4", "rate=1e-3", "edged=true", "words=a+b+c", "ends=0+1", "limit=2")
    assert given == Choice(4, 1e-3, True, ("a", "b", "c"), (0.0, 1.0), 2.0)
    assert read("limit=none") == Choice()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("count", "'count' is no setting of a choice. Write KEY=VALUE, several of them as in"),
        ("cuont=3", "a choice has no setting 'cuont'. Did you mean count?"),
        ("count=three", "count=three is not a whole number. Write it as in count=3."),
        ("edged=yes", "not true or false. Write it as in edged=false"),
        ("ends=0.1", "ends=0.1 gives 1 of its 2 values. Join them by a plus sign: ends=0.1+0.9."),
    ],
)
def test_a_wrong_setting_is_refused_with_the_mend(text, said):
    with pytest.raises(ReadableError, match=said.replace("+", r"\+")):
        read(text)


def test_fields_may_be_kept_from_change_and_the_settings_have_the_last_word():
    with pytest.raises(ReadableError, match="no setting 'rate'"):
        read("rate=1", keys=("count",))
    with pytest.raises(ValueError, match="at least 0"):
        read("count=-1")
