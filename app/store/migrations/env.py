"""Alembic's entry: runs the migrations on the connection that ``app.store.migrate`` hands over."""

from alembic import context

from app.store.rows import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    # SQLite cannot alter most of a table: Alembic then builds a new one and copies.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
