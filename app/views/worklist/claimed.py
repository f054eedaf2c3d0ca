"""The claim of the open case: taken when it is opened, given up when the reader leaves it."""

from __future__ import annotations

import streamlit as st

from app.domain.worklist.claims import Claim
from app.services.worklist import claims
from app.services.workplace import Workplace
from app.views.shared.format import local_time, plain
from dprotonet.errors import ReadableError

_HELD = "claimed-case"


def hold(workplace: Workplace, case_id: str | None) -> None:
    """Claim the open case, and give up another one that was open before; None: no case is open.

    Another reader who works on the open case is named.
    """
    before = st.session_state.get(_HELD)
    try:
        if before is not None and before != case_id:
            st.session_state[_HELD] = None
            claims.release(workplace, before)
        if case_id is None or workplace.actor.is_alone or not workplace.actor.may("sign"):
            return  # one reader alone has nobody who would have to know
        claim = claims.claim(workplace, case_id)
        st.session_state[_HELD] = case_id
    except ReadableError:
        return  # a claim is a courtesy: what is wrong, the page itself will say
    if claim is not None and claim.reader != workplace.reader:
        _say(claim)


def _say(claim: Claim) -> None:
    st.info(
        f"{plain(claim.reader)} works on this image since {local_time(claim.claimed_at)}. You can "
        "read and sign it all the same.",
        icon=":material/person:",
    )
