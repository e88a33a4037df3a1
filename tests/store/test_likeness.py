"""Pictures that accounts show: every kept picture within 31 bits is found, and who shows it."""

import random

from moderation.store import likeness
from moderation.store.database import Database
from moderation.store.likeness import Like


def off_by(pdq: bytes, bits: int, rng: random.Random) -> bytes:
    number = int.from_bytes(pdq, "big")
    for bit in rng.sample(range(256), bits):
        number ^= 1 << bit
    return number.to_bytes(32, "big")


def test_every_kept_picture_within_31_bits_is_found_nearest_first(database: Database) -> None:
    rng = random.Random(3)
    asked = rng.randbytes(32)
    with database.write() as tx:
        for bits in range(60):
            likeness.put_picture(tx, f"sha256:{bits:03}", off_by(asked, bits, rng))
        for other in range(100):
            likeness.put_picture(tx, f"sha256:other{other}", rng.randbytes(32))
        assert likeness.similar(tx, [asked]) == [Like(f"sha256:{bits:03}", bits) for bits in range(32)]
        assert likeness.similar(tx, [asked], limit=2) == [Like("sha256:000", 0), Like("sha256:001", 1)]


def test_of_several_views_the_nearest_counts(database: Database) -> None:
    rng = random.Random(4)
    one, other = rng.randbytes(32), rng.randbytes(32)
    with database.write() as tx:
        likeness.put_picture(tx, "sha256:a", off_by(other, 3, rng))
        assert likeness.similar(tx, [one]) == []
        assert likeness.similar(tx, [one, other, off_by(other, 20, rng)]) == [Like("sha256:a", 3)]


def test_a_picture_kept_twice_is_found_once(database: Database) -> None:
    with database.write() as tx:
        for _ in range(2):
            likeness.put_picture(tx, "sha256:a", bytes(32))
        assert likeness.similar(tx, [bytes(32)]) == [Like("sha256:a", 0)]


def test_accounts_are_found_by_the_pictures_that_they_show_now(database: Database) -> None:
    with database.write() as tx:
        for account, reference in (("1", "sha256:a"), ("2", "sha256:a"), ("3", "sha256:b"), ("4", "sha256:c")):
            likeness.show(tx, account, "avatar", reference)
        likeness.show(tx, "2", "cover", "sha256:b")
        likeness.show(tx, "4", "avatar", None)
        likeness.show(tx, "3", "avatar", "sha256:c")
        found = likeness.shown_by(tx, ["sha256:a", "sha256:b", "sha256:c", "sha256:d"])
    assert found == {"sha256:a": ["1", "2"], "sha256:b": ["2"], "sha256:c": ["3"]}
