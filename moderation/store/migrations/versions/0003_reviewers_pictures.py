"""How pictures are first shown to each user of the review desk."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("users", sa.Column("pictures", sa.String(length=20), nullable=False, server_default="blurred"))


def downgrade() -> None:
    op.drop_column("users", "pictures")
