"""The schema's history: Alembic scripts, run by `deskbell db upgrade` and at the first start."""
