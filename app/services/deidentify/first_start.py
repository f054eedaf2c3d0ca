"""The question of the first start: will patients' images be held here?"""

from __future__ import annotations

from dataclasses import replace

from app.domain.actors import PROGRAM
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services.audit.recording import record
from app.services.deidentify.key import load_key
from app.services.deidentify.patients import CHOICE, check_key
from app.services.demo import add_demo_cases
from app.services.workplace import Workplace


@needs("set up")
def answer(workplace: Workplace, *, patients: bool) -> None:
    """Say whether patients' images will be held here, once; without them the demo cases come.

    Nothing is kept where the answer cannot be followed. Server and worker look for the answer
    themselves, and take in no image before they have seen it.

    Args:
        workplace: one that awaits the choice.
        patients: they will, so that every image is de-identified on its way in.

    Raises:
        Refused: it was said before.
        WrongKey: patients' images need a key for their pseudonyms, and it cannot be used.
    """
    if patients and workplace.settings.deidentifies:
        check_key(workplace, load_key(workplace.settings).fingerprint)
    with workplace.store.write() as tx:
        if not workplace.awaits_choice or tx.setting(CHOICE) is not None:
            raise Refused("This was answered before. Reload the page.")
        tx.set_setting(CHOICE, patients)
        record(workplace, tx, "set up for patients" if patients else "set up without patients")
    if not patients:
        # Whoever answers may have no right to add images; the program adds its own.
        add_demo_cases(replace(workplace.of(PROGRAM), awaits_choice=False))
