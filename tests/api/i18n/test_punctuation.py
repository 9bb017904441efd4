"""French punctuation of what pages say."""

import pytest

from api.i18n.punctuation import keep_together, set_message


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("il n'y a rien à /x", "il n’y a rien à /x"),
        ("kind='nothing' n'est pas connu", "kind=«\u00a0nothing\u00a0» n’est pas connu"),
        ("pas de requête 'a-b' ; voir", "pas de requête «\u00a0a-b\u00a0»\u00a0; voir"),
        ("bbox='2.2' : en degrés", "bbox=«\u00a02.2\u00a0»\u00a0: en degrés"),
        ("aujourd'hui '", "aujourd’hui '"),
    ],
)
def test_a_message_is_printed_in_french(written: str, printed: str) -> None:
    assert set_message(written) == printed


def test_signs_stay_with_their_words() -> None:
    assert keep_together("« Quoi ? » : rien") == "«\u00a0Quoi\u00a0?\u00a0»\u00a0: rien"
    assert keep_together("16:30 http://x") == "16:30 http://x"
