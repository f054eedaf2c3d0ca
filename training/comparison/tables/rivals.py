"""Models of the table itself: gradient boosting and logistic regression, as scikit-learn has them.

Both get the rows that the network trains and validates on, and are not tuned: gradient boosting
with scikit-learn's own settings, the regression with its penalty chosen inside of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from dprotonet.attributes.table import AttributeTable, Row

RIVALS = ("boosting", "logistic")
Scores = Callable[[np.ndarray], np.ndarray]
"""``(N, A)`` values to ``(N, K)`` probabilities."""


def values_of(rows: tuple[Row, ...], table: AttributeTable) -> np.ndarray:
    """``(N, A)`` of rows: numbers as they are, categories as their index, nan where missing."""
    return np.array(
        [
            [
                np.nan
                if value is None
                else float(attribute.categories.index(str(value)))
                if attribute.kind == "category"
                else float(value)
                for attribute, value in zip(table.attributes, row.values, strict=True)
            ]
            for row in rows
        ]
    )


def fit_rivals(
    values: np.ndarray, labels: np.ndarray, table: AttributeTable, *, seed: int
) -> Mapping[str, Scores]:
    """Both models, fitted.

    Args:
        values: ``(N, A)`` from :func:`values_of`.
        labels: ``(N,)`` class indices.
    """
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    categories = [i for i, one in enumerate(table.attributes) if one.kind == "category"]
    numbers = [i for i in range(values.shape[1]) if i not in categories]
    boosting = HistGradientBoostingClassifier(categorical_features=categories, random_state=seed)
    logistic = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            (
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
                ),
                categories,
            ),
        ),
        LogisticRegressionCV(
            Cs=8,
            cv=5,
            scoring="neg_log_loss",
            max_iter=2000,
            l1_ratios=(0.0,),
            use_legacy_attributes=False,
        ),
    )
    return {
        "boosting": boosting.fit(values, labels).predict_proba,
        "logistic": logistic.fit(values, labels).predict_proba,
    }
