"""Whether an installation holds patients' images: said once, kept in the database."""

from __future__ import annotations

import logging
from dataclasses import replace

from app.domain.errors import Refused
from app.domain.permissions import within
from app.services.deidentify.key import load_key
from app.services.workplace import Workplace
from app.store.files.secret_keys import WrongKey

log = logging.getLogger(__name__)
CHOICE = "patients"  # the key among the settings
FINGERPRINT = "pseudonym_key"  # of the key that is in use
STARTED = "demo_cases_added"  # kept by the first start of an installation without patients


@within
def with_choice(workplace: Workplace) -> Workplace:
    """The workplace as this installation was set up; a first choice is kept.

    Where nothing was chosen and nothing was taken in, the workplace awaits the choice. An
    installation with cases, or that was started before the choice was asked for, holds no patients.

    Raises:
        Refused: DPROTONET_PATIENTS says other than what was chosen, or there are cases that came
            in as they were.
        WrongKey: patients' images are held, and the key is missing or another one.
    """
    asked = workplace.settings.patients
    with workplace.store.read() as tx:
        chosen = tx.setting(CHOICE)
        has_cases = next(tx.cases.ids(), None) is not None
        is_new = not has_cases and not tx.setting(STARTED)
    if chosen is True and asked is False:
        raise Refused(
            "This installation holds patients' images, so DPROTONET_PATIENTS=no was not followed. "
            "Take it away, or give another data folder with DPROTONET_DATA."
        )
    if asked is True and chosen is not True and has_cases:
        raise Refused(
            "The cases of this installation came in as they were, so it cannot become one for "
            "patients. Give a new data folder with DPROTONET_DATA, or delete the cases first."
        )
    if asked is None and not chosen:
        return replace(workplace, awaits_choice=chosen is None and is_new)
    key = None
    if (asked or chosen) and workplace.settings.deidentifies:
        key = load_key(workplace.settings)
        check_key(workplace, key.fingerprint)
    if chosen is None or chosen != asked:
        with workplace.store.write() as tx:
            tx.set_setting(CHOICE, bool(asked or chosen))
    if asked or chosen:
        if key is None:
            log.warning("patients' images are kept as they come: DPROTONET_DEIDENTIFY=no")
        return replace(workplace, holds_patients=True, pseudonyms=key, awaits_choice=False)
    return replace(workplace, awaits_choice=False)


@within
def check_chosen(workplace: Workplace) -> None:
    """Refuse to take in an image before it is known whether it may be a patient's.

    Raises:
        Refused: nobody has said so; or patients' images are held since this workplace was opened,
            which has no key to de-identify with.
    """
    if not workplace.awaits_choice:
        return
    with workplace.store.read() as tx:
        chosen = tx.setting(CHOICE)
    if chosen is None:
        raise Refused(
            "It was not said yet whether patients' images will be held here, so no image is taken "
            "in. Answer on the first page, or set DPROTONET_PATIENTS to yes or no and start again."
        )
    if chosen:
        raise Refused(
            "It was said a moment ago that patients' images are held here. Try again, so that this "
            "image is de-identified."
        )


@within
def check_key(workplace: Workplace, fingerprint: str) -> None:
    """The first key is remembered by its fingerprint; another would give other pseudonyms.

    Raises:
        WrongKey: it is another one.
    """
    with workplace.store.read() as tx:
        known = tx.setting(FINGERPRINT)
    if known is None:
        with workplace.store.write() as tx:
            tx.set_setting(FINGERPRINT, fingerprint)
    elif known != fingerprint:
        raise WrongKey(
            "This is not the key that the pseudonyms of this installation were made with. Name "
            "that one in DPROTONET_PSEUDONYM_KEY."
        )
