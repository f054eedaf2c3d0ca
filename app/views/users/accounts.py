"""The table of users, and the fields to add and to change one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from app.domain.accounts.account import LINK_LIFE, Account
from app.domain.actors import ROLES
from app.domain.text import counted, local_time
from app.services.accounts import users
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import plain

_LINK = "users-link"
_ROLES = """Whoever has several roles may do what any of them may.
- **reader**: sees images, adds them and signs
- **adjudicator**: also signs after another reader, and exports
- **lead**: also deletes, and decides on models
- **admin**: manages users, and sees no image
- **auditor**: sees the audit, and no image
"""


def draw_table(everybody: Sequence[Account]) -> None:
    """Every user: roles, how they sign in, whether the account is open."""
    st.markdown(f"##### {counted(len(everybody), 'user')}")
    st.dataframe(
        pd.DataFrame(
            {
                "Name": [user.name for user in everybody],
                "Roles": [", ".join(sorted(user.roles)) for user in everybody],
                "Signs in by": [way_in(user) for user in everybody],
                "Account": ["disabled" if user.is_disabled else "open" for user in everybody],
                "Since": [local_time(user.created_at) for user in everybody],
            }
        ),
        hide_index=True,
        height="content",
    )


def way_in(user: Account) -> str:
    """How this person signs in."""
    if user.subject is not None:
        return "the sign-in service"
    return "a password" if user.has_password else "a link, not used yet"


def draw_add(workplace: Workplace) -> None:
    """A new user, and the link that was made last."""
    st.markdown("##### Add a user")
    st.text_input("Name", key="users-name", max_chars=100)
    st.multiselect("Roles", ROLES, default=["reader"], key="users-roles", help=_ROLES)
    st.button("Add", type="primary", key="users-add", on_click=_add, args=(workplace,))
    made = st.session_state.get(_LINK)
    if made is not None:
        name, address = made
        hours = LINK_LIFE.total_seconds() / 3600
        st.success(
            f"**{plain(name)}** sets a password at this address, once and within {hours:.0f} "
            "hours. Whoever has it can do so: hand it over safely.",
            icon=":material/key:",
        )
        st.code(address, language=None, wrap_lines=True)


def draw_change(workplace: Workplace, everybody: Sequence[Account]) -> None:
    """Other roles, a new password, or an end; each signs the user out everywhere."""
    st.markdown("##### Change a user")
    names = [user.name for user in everybody]
    name = st.selectbox("User", names, key="users-chosen")
    user = next((user for user in everybody if user.name == name), None)
    if user is None:
        return
    roles = st.multiselect(
        "Their roles", ROLES, default=sorted(user.roles), key=f"users-roles-{user.account_id}"
    )
    if user.subject is not None:
        st.caption("The groups of the sign-in service decide on the roles at the next sign-in.")
    with st.container(horizontal=True):
        st.button(
            "Give these roles",
            key="users-give",
            on_click=_change,
            args=(partial(users.set_roles, workplace, user.name, roles=roles),),
        )
        st.button(
            "Make a link for a new password",
            key="users-reset",
            on_click=_reset,
            args=(workplace, user.name),
        )
        st.button(
            "Enable" if user.is_disabled else "Disable",
            key="users-disable",
            on_click=_change,
            args=(partial(users.set_disabled, workplace, user.name, not user.is_disabled),),
        )
    st.caption("Each of these signs the user out everywhere.")


def _add(workplace: Workplace) -> None:
    name, roles = st.session_state["users-name"], st.session_state["users-roles"]
    with show_errors_on_top():
        _keep_link(workplace, name.strip().lower(), users.add(workplace, name, roles=roles))
        st.session_state["users-name"] = ""


def _reset(workplace: Workplace, name: str) -> None:
    with show_errors_on_top():
        _keep_link(workplace, name, users.reset(workplace, name))


def _change(change: Callable[[], None]) -> None:
    with show_errors_on_top():
        change()


def _keep_link(workplace: Workplace, name: str, link: str) -> None:
    base = workplace.settings.public_address
    st.session_state[_LINK] = (name, users.link_address(link, base=base))
