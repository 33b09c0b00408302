"""What a text is compared by: its words, neighbouring characters, and how they sound."""

import re
from collections import Counter

from bot.segmentation import words
from bot.text import by_kind, plain, syllables

_NOT_WORD = re.compile(r"[^0-9a-z一-鿿¥]+")
WORD, CHARACTERS, SOUND = "w", "c", "p"
_LONGEST_RUN = 3


def features(text: str) -> Counter[str]:
    """Each with how often it occurs: w words and pairs of them, c runs of one to three characters, p runs of syllables.

    Numbers stand as their kind, so that 3万块 and 三万五 are alike.
    """
    folded = plain(text)
    pieces = _NOT_WORD.sub(" ", by_kind(folded)).split()
    counted: Counter[str] = Counter()
    for piece in pieces:
        found = words(piece)
        counted.update(WORD + word for word in found)
        counted.update(f"{WORD}{first}_{second}" for first, second in zip(found, found[1:], strict=False))
    bare = "".join(pieces)
    for length in range(1, _LONGEST_RUN + 1):
        counted.update(CHARACTERS + bare[at : at + length] for at in range(len(bare) - length + 1))
    heard = syllables(folded)
    for length in (2, 3):
        counted.update(SOUND + "-".join(heard[at : at + length]) for at in range(len(heard) - length + 1))
    return counted
