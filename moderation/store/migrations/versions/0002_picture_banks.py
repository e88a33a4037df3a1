"""Banks of known pictures, what matched them, and the pictures that accounts show."""

import sqlalchemy as sa
from alembic import op

from moderation.store.database import AsciiJson, Moment

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "banks",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("source", AsciiJson(), nullable=False),
        sa.Column("note", AsciiJson(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banks")),
        sa.UniqueConstraint("name", name=op.f("uq_banks_name")),
    )
    op.create_table(
        "bank_imports",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("bank_id", sa.String(length=60), nullable=False),
        sa.Column("source", AsciiJson(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["banks.id"], name=op.f("fk_bank_imports_bank_id_banks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_imports")),
    )
    op.create_index(op.f("ix_bank_imports_revision"), "bank_imports", ["revision"])
    op.create_table(
        "bank_entries",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("bank_id", sa.String(length=60), nullable=False),
        sa.Column("import_id", sa.String(length=60), nullable=True),
        sa.Column("pdq", sa.LargeBinary(length=32), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("phash", sa.LargeBinary(length=8), nullable=True),
        sa.Column("picture", sa.String(length=80), nullable=True),
        sa.Column("note", AsciiJson(), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("at", Moment(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("released_at", Moment(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["banks.id"], name=op.f("fk_bank_entries_bank_id_banks")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["bank_imports.id"], name=op.f("fk_bank_entries_import_id_bank_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_entries")),
    )
    for column in ("bank_id", "import_id", "picture", "revision"):
        op.create_index(op.f(f"ix_bank_entries_{column}"), "bank_entries", [column])
    op.create_table(
        "bank_matches",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=True),
        sa.Column("picture", sa.String(length=80), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_matches")),
    )
    op.create_index(op.f("ix_bank_matches_at"), "bank_matches", ["at"])
    op.create_index("ix_bank_matches_entry", "bank_matches", ["entry_id", "at"])
    op.create_table(
        "pictures",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("pdq", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("reference", name=op.f("uq_pictures_reference")),
    )
    op.create_table(
        "picture_bands",
        sa.Column("key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("picture_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "picture_id", name=op.f("pk_picture_bands")),
    )
    op.create_table(
        "account_pictures",
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "field", name=op.f("pk_account_pictures")),
    )
    op.create_index(op.f("ix_account_pictures_reference"), "account_pictures", ["reference"])


def downgrade() -> None:
    for table in (
        "account_pictures",
        "picture_bands",
        "pictures",
        "bank_matches",
        "bank_entries",
        "bank_imports",
        "banks",
    ):
        op.drop_table(table)
