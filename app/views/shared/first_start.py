"""The page of the first start: will patients' images be held here? Two answers, once."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import streamlit as st

from app.services.deidentify import first_start
from app.services.deidentify.key import WrongKey
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors
from app.views.shared.format import plain

_NOT_YET = "first-start-not-yet"
_KEY = "~/pseudonyms.key"


def draw_first_start(workplace: Workplace) -> None:
    """The two answers, for whoever may give one; the others read who may."""
    st.markdown("### Will patients' images be held here?")
    if not workplace.actor.may("set up"):
        st.info(
            "An administrator has to answer this before the first image. Ask one to sign in; then "
            "reload this page.",
            icon=":material/hourglass_empty:",
        )
        return
    st.caption(
        "This is asked once, before the first image. To answer otherwise later, start with another "
        "data folder (`DPROTONET_DATA`)."
    )
    no, yes = st.columns(2, gap="medium")
    with no.container(border=True, height="stretch", key="first-start-no"), show_errors():
        _draw_no(workplace)
    with yes.container(border=True, height="stretch", key="first-start-yes"), show_errors():
        _draw_yes(workplace)
    not_yet = st.session_state.get(_NOT_YET)
    if not_yet is not None:
        _draw_steps(workplace, not_yet)


def _draw_no(workplace: Workplace) -> None:
    st.markdown(
        "##### :material/labs: No: test images and the demo cases\n"
        "- Images are kept as they come, with all that their headers and file names say.\n"
        "- The demo cases that come with the program are added now.\n"
        "- No patient's image may be added, now or later."
    )
    if st.button("No, start with the demo cases", key="first-start-answer-no"):
        with st.spinner("Adding the demo cases…"):
            first_start.answer(workplace, patients=False)
        _leave()


def _draw_yes(workplace: Workplace) -> None:
    how = "Every image is de-identified in memory, before anything of it is stored."
    if not workplace.settings.deidentifies:
        how = "**Images are kept as they come**, because `DPROTONET_DEIDENTIFY=no` is set."
    st.markdown(
        "##### :material/shield_person: Yes: images of patients\n"
        f"- {how}\n"
        "- There are no demo cases: nobody shall take one for a patient's.\n"
        "- It takes a key for the patients' pseudonyms, which you make and keep."
    )
    if st.button("Yes, hold patients' images", key="first-start-answer-yes"):
        try:
            first_start.answer(workplace, patients=True)
        except WrongKey as error:
            has_key = bool(workplace.settings.pseudonym_key)
            st.session_state[_NOT_YET] = str(error) if has_key else ""
        else:
            _leave()


def _draw_steps(workplace: Workplace, problem: str) -> None:
    """What is to be done before the answer can be yes.

    Args:
        problem: what is wrong with the key that is named; "" where none is.
    """
    why = plain(problem) if problem else "There is no key for the pseudonyms yet."
    st.warning(
        f"{why} So the answer was not kept, and no image is taken in.", icon=":material/key_off:"
    )
    settings = [f"export DPROTONET_PSEUDONYM_KEY={_KEY}"]
    if workplace.settings.sign_in == "token":
        settings.append("export DPROTONET_SIGN_IN=accounts  # where several people read")
    st.markdown(
        "1. Make a key outside the data folder. Keep a copy of it in a safe place: without it no "
        "pseudonym leads back to a person."
    )
    st.code(f"{_python()} -m app new-key {_KEY}", language="bash")
    st.markdown("2. Stop the program, and start it again with these settings.")
    st.code("\n".join(settings), language="bash")
    st.markdown("3. This page then asks again. Answer with yes.")


def _python() -> str:
    """The command of this program's Python, in the folder that it was started in."""
    own, here = Path(sys.executable), Path.cwd()
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))


def _leave() -> None:
    st.session_state.pop(_NOT_YET, None)
    st.rerun()
