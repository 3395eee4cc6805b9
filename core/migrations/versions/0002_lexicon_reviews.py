"""reviews of candidates for the lexicon"""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joint_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreement", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("name", name=op.f("uq_reviews_name")),
    )
    op.create_table(
        "review_candidates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_review_candidates_review_id_reviews")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_candidates")),
        sa.UniqueConstraint("review_id", "candidate_id", name=op.f("uq_review_candidates_review_id")),
    )
    with op.batch_alter_table("review_candidates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_candidates_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_candidates_review_id"), ["review_id"], unique=False)

    op.create_table(
        "review_experts",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("letter", sa.String(length=1), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_review_experts_review_id_reviews")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_review_experts_user_id_users")),
        sa.PrimaryKeyConstraint("review_id", "letter", name=op.f("pk_review_experts")),
        sa.UniqueConstraint("review_id", "user_id", name=op.f("uq_review_experts_review_id")),
    )
    with op.batch_alter_table("review_experts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_experts_user_id"), ["user_id"], unique=False)

    op.create_table(
        "rulings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_candidate_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_candidate_id"],
            ["review_candidates.id"],
            name=op.f("fk_rulings_review_candidate_id_review_candidates"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_rulings_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulings")),
        sa.UniqueConstraint(
            "review_candidate_id", "user_id", "stage", "revision", name=op.f("uq_rulings_review_candidate_id")
        ),
    )
    with op.batch_alter_table("rulings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rulings_review_candidate_id"), ["review_candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rulings_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("rulings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rulings_user_id"))
        batch_op.drop_index(batch_op.f("ix_rulings_review_candidate_id"))

    op.drop_table("rulings")
    with op.batch_alter_table("review_experts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_experts_user_id"))

    op.drop_table("review_experts")
    with op.batch_alter_table("review_candidates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_candidates_review_id"))
        batch_op.drop_index(batch_op.f("ix_review_candidates_candidate_id"))

    op.drop_table("review_candidates")
    op.drop_table("reviews")
