import pytest

from kg.cursor_token import decode_token, encode_token


@pytest.mark.parametrize("content", [["r", "label", None, 3], {"q": "é/+"}, [], "a", 2**40])
def test_a_token_reads_back_and_needs_no_escape(content):
    token = encode_token(content)
    assert decode_token(token) == content
    assert token.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("text", ["", "a", "é", "%%%", "bm90IGpzb24"])
def test_other_text_is_no_token(text):
    with pytest.raises(ValueError):  # noqa: PT011
        assert decode_token(text) is None
