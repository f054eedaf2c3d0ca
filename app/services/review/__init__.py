"""Review: the list of cases, one case's sheet, what it is read with, and the reader's signature."""

from app.services.review.keeping import delete_case, original
from app.services.review.listing import list_cases, still_waiting
from app.services.review.opening import open_case
from app.services.review.reading_with import follow_site, retry_prediction, set_case_model
from app.services.review.signing import sign

__all__ = [
    "delete_case",
    "follow_site",
    "list_cases",
    "open_case",
    "original",
    "retry_prediction",
    "set_case_model",
    "sign",
    "still_waiting",
]
