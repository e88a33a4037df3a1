"""Cutting a text of any length into token windows that the classifier can read; no model and no thread."""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from moderation.text.folding import fold, simplified

PIECE = 120
"""Code points that are tokenised together: nearly always one window of 96 tokens in Chinese."""

OVERLAP = 24
"""Code points, and tokens, that neighbouring windows share, so that a phrase on a seam is whole in one of them."""

Ids = NDArray[np.int64]

_ALONE = re.compile(r"(?<![\u3400-\u9fffA-Za-z0-9])[\u3400-\u9fff](?![\u3400-\u9fffA-Za-z0-9])")


def pieces(length: int) -> int:
    """How many pieces a text of this many code points is cut into; at least 1.

    >>> [pieces(n) for n in (0, 120, 121, 216, 217, 100_000)]
    [1, 1, 2, 2, 3, 1042]
    """
    return 1 if length <= PIECE else -(-(length - OVERLAP) // (PIECE - OVERLAP))


def readings(text: str) -> tuple[str, ...]:
    """How the classifier reads a text: as written, in simplified characters; and where characters are torn apart, as folded, too.

    Measured on the corpus's dev part: of what is found of violating texts as written, 84% is still found with symbols put
    between the characters, 90% with the second reading, at no false alarm more; one everyday text in a thousand has one.
    A second reading of every text that folding changes finds 93%, and holds a seventh more of the innocent twins.

    >>> readings("加-微-信"), readings("走，去吃飯！")
    (('加-微-信', '加微信'), ('走，去吃饭！',))
    """
    text = simplified(text)
    if len(_ALONE.findall(text)) < 2:
        return (text,)
    folded = fold(text).text
    return (text, folded) if folded and folded != text else (text,)


def scalar(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced: tokenisers take Unicode scalar values only.

    >>> scalar("a" + chr(0xD83D) + chr(0xDE00)) == "a😀", scalar(chr(0xD83D) + "a") == chr(0xFFFD) + "a"
    (True, True)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class Cutter:
    """Cuts texts into windows of token ids, special tokens included.

    A text longer than PIECE is tokenised piece by piece, each only when it is asked for: no text holds up the rest.
    Special tokens written out in a text ("</s>") become the unknown token: an author cannot speak to the model.

    tokenizer   a tokeniser that adds one special token at each end
    max_tokens  the longest window, special tokens included; above 2 + OVERLAP
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens, stride=OVERLAP)
        self._tokenizer = tokenizer
        self.pad: int = _id(tokenizer, "<pad>")
        self._unknown = _id(tokenizer, "<unk>")
        self._special = np.array(sorted(set(tokenizer.get_added_tokens_decoder()) - {self._unknown}), dtype=np.int64)

    def windows(self, text: str) -> Iterator[list[Ids]]:
        """For each of the text's pieces its windows, int64 [tokens] each, in order; nearly always one."""
        for at in range(pieces(len(text))):
            start = at * (PIECE - OVERLAP)
            encoding = self._tokenizer.encode(scalar(text[start : start + PIECE]))
            yield [self._clean(part.ids) for part in (encoding, *encoding.overflowing)]

    def _clean(self, ids: list[int]) -> Ids:
        window = np.array(ids, dtype=np.int64)
        inner = window[1:-1]
        inner[np.isin(inner, self._special)] = self._unknown
        return window


def _id(tokenizer: Tokenizer, token: str) -> int:
    found = tokenizer.token_to_id(token)
    if found is None:
        raise ValueError(f"the tokeniser has no {token}")
    return found


def batch_of(windows: list[Ids], pad: int) -> tuple[Ids, Ids]:
    """Token ids and their mask, both int64 [windows, longest], padded on the right.

    >>> ids, mask = batch_of([np.array([0, 5, 2]), np.array([0, 2])], pad=1)
    >>> ids.tolist(), mask.tolist()
    ([[0, 5, 2], [0, 2, 1]], [[1, 1, 1], [1, 1, 0]])
    """
    ids = np.full((len(windows), max(map(len, windows))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    return ids, mask
