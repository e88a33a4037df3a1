"""Other spellings of a word, as names use them: its syllables in Latin letters, and letters swapped for what looks like them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

_SHORT = 7
"""Up to so many letters a word may have three of them swapped, a longer one two."""


def spelled(word: str, syllables: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each way to write some of the characters by their syllables, or one by its first letter, and the fold that this is.

    >>> list(spelled("客服", ["ke", "fu"]))
    [('客fu', 'pinyin'), ('ke服', 'pinyin'), ('kefu', 'pinyin'), ('k服', 'initials'), ('客f', 'initials')]
    """
    choices = [(character, syllable) for character, syllable in zip(word, syllables, strict=True)]
    for form in product(*choices):
        if "".join(form) != word:
            yield "".join(form), "pinyin"
    for at, syllable in enumerate(syllables):
        yield word[:at] + syllable[0] + word[at + 1 :], "initials"


def swapped(word: str, look_alikes: Mapping[str, Sequence[str]]) -> set[str]:
    """A Latin word with up to three letters (two in one longer than seven) as what looks like them, or one but the last doubled.

    >>> sorted(swapped("poco", {"o": ["0"]}))
    ['p0c0', 'p0co', 'poc0', 'pocco', 'pooco', 'ppoco']
    """
    places = [at for at, letter in enumerate(word) if letter in look_alikes]
    found = {word[:at] + letter + word[at:] for at, letter in enumerate(word[:-1])}
    for count in range(1, (3 if len(word) <= _SHORT else 2) + 1):
        for chosen in combinations(places, count):
            for images in product(*(look_alikes[word[at]] for at in chosen)):
                letters = list(word)
                for at, image in zip(chosen, images, strict=True):
                    letters[at] = image
                found.add("".join(letters))
    return found - {word}
