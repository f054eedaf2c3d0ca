"""Everything that is kept: rows in SQL, originals and heatmaps as blobs."""

from app.store.files.blobs import Blobs
from app.store.files.spool import Spool
from app.store.sql_store import SqlStore, Transaction

__all__ = ["Blobs", "Spool", "SqlStore", "Transaction"]
