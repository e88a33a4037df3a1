"""The tables. Events are the truth; cases, accounts' standing, measures and strikes are projections of them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from moderation.store.database import AsciiJson, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("created_at", Moment),
    Column("third_party", String(100)),
    Column(
        "fields", AsciiJson, nullable=False
    ),  # username, bio: as last passed or imported; avatar: a picture's reference
    Column("standing", String(20), nullable=False),
    Column("updated_at", Moment, nullable=False),
)


def work_columns() -> list[Column]:  # type: ignore[type-arg]
    """What makes a row a piece of work: leased by one worker at a time, due again when the lease runs out."""
    return [
        Column("status", String(20), nullable=False),  # queued, done
        Column("due_at", Moment),  # when a sweep is to offer it to the queue again; None once done
        Column("job", String(60)),  # the queue's job that it was last offered in
        Column("lease", String(40)),
        Column("lease_until", Moment),
        Column("attempts", Integer, nullable=False, default=0),
    ]


screenings = Table(
    "screenings",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("idempotency_key", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scene", String(30), nullable=False),
    Column("account_id", String(200)),
    Column("submission", AsciiJson, nullable=False),
    Column("outcome", AsciiJson),
    Column("verdict", String(10)),
    Column("degraded", Boolean, nullable=False, default=False),
    Column("announce", Boolean, nullable=False, default=False),  # whether screening.done is owed for the final verdict
    Column("case_id", String(60)),
    Column("elapsed_us", Integer),
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
    *work_columns(),
    UniqueConstraint("owner", "idempotency_key"),
    Index("ix_screenings_due", "due_at"),
    Index("ix_screenings_account", "account_id", "created_at"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("screening_id", String(60)),
    Column("account_id", String(200), index=True),
    Column("scene", String(30), nullable=False),
    Column("kinds", AsciiJson, nullable=False),
    Column("categories", AsciiJson, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("reason", String(20), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("status", String(20), nullable=False),
    Column("claimed_by", String(200)),
    Column("lease_until", Moment),
    Column("items", AsciiJson, nullable=False),
    Column("note", AsciiJson, nullable=False),
    Column("resolved_by", String(200)),
    Column("resolved_at", Moment),
    Column("undo_until", Moment),
    Column("version", Integer, nullable=False),
    Index("ix_cases_queue", "status", "severity", "opened_at"),
)

measures = Table(
    "measures",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("account_id", String(200), nullable=False, index=True),
    Column("case_id", String(60), index=True),
    Column("action", String(30), nullable=False),
    Column("category", String(40), nullable=False),
    Column("clause", String(40), nullable=False),
    Column("policy_version", String(60), nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", String(20), nullable=False),
    Column("until", Moment),
    Column("functions", AsciiJson, nullable=False),
    Column("field", String(20)),
    Column("notice", AsciiJson, nullable=False),
    Column("confirmed_by", String(200)),
    Column("ended_at", Moment),
    Column("ended_by", String(200)),
    Column("reminded_at", Moment),
    Column("version", Integer, nullable=False),
    Index("ix_measures_until", "status", "until"),
)

strikes = Table(
    "strikes",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("account_id", String(200), nullable=False, index=True),
    Column("case_id", String(60), nullable=False, index=True),
    Column("category", String(40), nullable=False),
    Column("points", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("cleared_at", Moment),
)

events = Table(
    "events",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("stream", String(260), nullable=False, index=True),
    Column("type", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("data", AsciiJson, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", AsciiJson, nullable=False),
    Column("secret", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("removed_at", Moment),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("webhook_id", String(60), ForeignKey("webhooks.id"), nullable=False),
    Column("type", String(60), nullable=False),
    Column("body", AsciiJson, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("status", String(20), nullable=False),  # waiting, delivered, dead
    Column("due_at", Moment),
    Column("lease", String(40)),
    Column("lease_until", Moment),
    Column("attempts", Integer, nullable=False, default=0),
    Column("last_error", AsciiJson),
    Column("delivered_at", Moment),
    Index("ix_outbox_due", "status", "due_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", AsciiJson, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

users = Table(
    "users",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("username", String(100), nullable=False, unique=True),
    Column("password", String(200), nullable=False),
    Column("role", String(20), nullable=False),  # reviewer, admin
    Column("pictures", String(20), nullable=False, server_default="blurred"),  # blurred, grey, plain
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

rescan_runs = Table(
    "rescan_runs",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("source", Text, nullable=False),  # "all", or "file:" and the SHA-256 of its content
    Column("policy_version", String(60), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("cursor", AsciiJson),  # where reading the source goes on after a kill
    Column("planned", Integer, nullable=False, default=0),  # profiles read from the source so far
    Column("planned_at", Moment),  # when the last of them was; None while there are more
    Column("finished_at", Moment),
)

rescan_chunks = Table(
    "rescan_chunks",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("run_id", String(60), ForeignKey("rescan_runs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("profiles", AsciiJson, nullable=False),
    Column("results", AsciiJson),
    Column("size", Integer, nullable=False),
    *work_columns(),
    UniqueConstraint("run_id", "number"),
    Index("ix_rescan_chunks_due", "due_at"),
)

NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only what it calls an integer

banks = Table(
    "banks",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("category", String(40)),  # None for a negative bank, which excuses
    Column("owner", String(200), nullable=False),
    Column("source", AsciiJson, nullable=False),
    Column("note", AsciiJson, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(200), nullable=False),
)

bank_imports = Table(
    "bank_imports",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("bank_id", String(60), ForeignKey("banks.id"), nullable=False),
    Column("source", AsciiJson, nullable=False),
    Column("state", String(20), nullable=False),  # loading, live, removed: one row speaks for all its entries
    Column("size", Integer, nullable=False, default=0),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("revision", BigInteger, nullable=False, default=0, index=True),
)

bank_entries = Table(
    "bank_entries",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("bank_id", String(60), ForeignKey("banks.id"), nullable=False, index=True),
    Column("import_id", String(60), ForeignKey("bank_imports.id"), index=True),
    Column("pdq", LargeBinary(32), nullable=False),
    Column("quality", Integer, nullable=False),
    Column("phash", LargeBinary(8)),
    Column("picture", String(80), index=True),  # reference of the kept copy; None for a hash from a list
    Column("note", AsciiJson),
    Column("by", String(200)),  # None: as its import says
    Column("at", Moment),
    Column("state", String(20), nullable=False),  # live, quarantined, removed
    Column("released_at", Moment),  # earlier matches no longer speak for a quarantine
    Column("revision", BigInteger, nullable=False, default=0, index=True),  # of its last change; 0 as it was imported
)

bank_matches = Table(
    "bank_matches",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("entry_id", BigInteger, nullable=False),
    Column("account_id", String(200)),
    Column("picture", String(80), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Index("ix_bank_matches_entry", "entry_id", "at"),
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("reference", String(80), nullable=False, unique=True),
    Column("pdq", LargeBinary(32), nullable=False),
)

picture_bands = Table(
    "picture_bands",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),  # the band's number × 65,536 + its 16 bits
    Column("picture_id", BigInteger, primary_key=True, autoincrement=False),
)

account_pictures = Table(
    "account_pictures",
    metadata,
    Column("account_id", String(200), primary_key=True),
    Column("field", String(20), primary_key=True),
    Column("reference", String(80), nullable=False, index=True),
)
