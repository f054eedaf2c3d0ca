"""What a file is and what hangs on it: its study, its twins, the models that may read it."""

from __future__ import annotations

from app.domain.bundles import BundleInfo, without_text
from app.domain.cases import Case, CaseFilters, CaseRow, Sheet, Twin
from app.domain.permissions import within
from app.domain.room.sheet import Action, Facts, Link, ModelChoice
from app.domain.text import counted
from app.services import batches, models
from app.services.sending import notes
from app.services.workplace import Workplace

MOST_PRIORS = 50


@within
def facts(workplace: Workplace, sheet: Sheet, *, shows_models: bool = True) -> Facts:
    """Of the sheet's case; in a study nobody chooses the model."""
    case = sheet.case
    return Facts(
        title=case.file_name,
        line=facts_text(case),
        details=_details(sheet),
        model=sheet.model or "",
        models=_models(workplace, sheet) if shows_models else (),
        site=site_text(sheet),
        actions=_actions(sheet) if shows_models else (),
        study=tuple(_link(row) for row in sheet.study if row.case_id != case.case_id),
        twins=tuple(
            Link(
                twin.case_id,
                twin_text(case, twin),
            )
            for twin in sheet.twins
        ),
        priors=_priors(workplace, sheet) if shows_models else (),
        who=_who(workplace, sheet),
        may_delete=workplace.actor.may("delete"),
        report=_report(workplace, sheet) if shows_models else "",
        dicom=_dicom(workplace, sheet) if shows_models else "",
        batch=_batch(workplace, sheet) if shows_models else "",
        sending=notes.of_sheet(workplace, sheet) if shows_models else (),
        send=notes.send_words(workplace, sheet) if shows_models else "",
    )


def twin_text(case: Case, twin: Twin) -> str:
    """What the two cases share."""
    if case.facts.is_row:
        return f"The same values as case {twin.case_id} ({twin.file_name}), of another group"
    return f"The same pixels as case {twin.case_id} ({twin.file_name}), with another header"


def _who(workplace: Workplace, sheet: Sheet) -> str:
    model = f"Model {sheet.model_name} {(sheet.model or '')[:8]} · " if sheet.model_name else ""
    return f"{model}Reader {workplace.reader}"


def _report(workplace: Workplace, sheet: Sheet) -> str:
    if not workplace.actor.may("export") or sheet.prediction is None:
        return ""
    return f"/api/room/report/{sheet.case.case_id}/{sheet.frame}"


def _dicom(workplace: Workplace, sheet: Sheet) -> str:
    is_signed = bool(sheet.revisions) and sheet.case.facts.format == "dicom"
    if not is_signed or not workplace.actor.may("export"):
        return ""
    return f"/api/room/dicom/{sheet.case.case_id}/{sheet.frame}"


def _batch(workplace: Workplace, sheet: Sheet) -> str:
    found = batches.of_case(workplace, sheet.case.case_id)
    return f"{found[0].text}." if found else ""


def _priors(workplace: Workplace, sheet: Sheet) -> tuple[Link, ...]:
    """Images of the same patient in other studies, the newest first; none where nothing says whose
    an image is."""
    now = workplace.clock()
    with workplace.store.read() as tx:
        patient = tx.case_list.row(sheet.case.case_id, now).patient
        if not patient:
            return ()
        found = tx.case_list.page(CaseFilters(patient=patient), page=0, size=MOST_PRIORS, now=now)
    others = {row.case_id for row in sheet.study} | {sheet.case.case_id}
    return tuple(_link(row) for row in found.rows if row.case_id not in others)


def facts_text(case: Case) -> str:
    """DICOM · DX · PA · 2500 × 2048 · 12 bit."""
    facts = case.facts
    if facts.is_row:
        return f"Row of a table · picture of {facts.columns} × {facts.rows}"
    parts = [
        facts.format.upper(),
        facts.modality,
        facts.view_position,
        facts.laterality and f"side {facts.laterality}",
        f"{facts.columns} × {facts.rows}",
        "colour" if facts.colour else f"{facts.bits} bit",
        counted(facts.frames, "frame") if facts.frames > 1 else "",
    ]
    return " · ".join(part for part in parts if part)


def _link(row: CaseRow) -> Link:
    view = f" ({row.view_position})" if row.view_position else ""
    return Link(
        row.case_id, f"{row.file_name}{view}", f"/api/pixels/{row.case_id}/{{frame}}", row.frames
    )


def _details(sheet: Sheet) -> tuple[str, ...]:
    case = sheet.case
    if case.facts.is_row:
        return (
            f"Case {case.case_id}",
            f"SHA-256 of the row as it is kept: {case.file_sha256}",
            f"SHA-256 of its values: {case.pixel_sha256}",
        )
    burned = {True: "yes", False: "no", None: "not stated"}[case.facts.burned_in_annotation]
    hashed = "decoded pixels" if case.pixel_hash == "decoded" else "pixels as encoded in the file"
    return (
        f"Case {case.case_id} · burned-in text: {burned}",
        f"SHA-256 of the file: {case.file_sha256}",
        f"SHA-256 of the {hashed}: {case.pixel_sha256}",
    )


def _models(workplace: Workplace, sheet: Sheet) -> tuple[ModelChoice, ...]:
    reads_rows = sheet.case.facts.is_row
    usable = [
        info for info in models.all(workplace) if not info.problem and info.reads_rows == reads_rows
    ]
    found = [ModelChoice(info.digest, _title(info)) for info in usable]
    if sheet.model and all(one.digest != sheet.model for one in found):
        found.insert(0, ModelChoice(sheet.model, f"Model not found · {sheet.model[:8]}"))
    return tuple(found)


def _title(info: BundleInfo) -> str:
    return f"{info.title_of_version} · {info.digest[:8]}"


def site_text(sheet: Sheet) -> str:
    """Whose threshold it is: of this site, with date and images; of the model where that is not
    what new images are read with; with what is switched off in this version; "" where nothing
    needs to be said."""
    parts = []
    site = sheet.prediction.site if sheet.prediction is not None else None
    if site is not None:
        parts.append(f"{site.text[:1].upper()}{site.text[1:]}.")
    elif sheet.site_in_use:
        parts.append("Threshold and calibration of the model.")
    if sheet.off:
        parts.append(f"This version is {without_text(sheet.off)}.")
    return " ".join(parts)


def _actions(sheet: Sheet) -> tuple[Action, ...]:
    found = []
    if sheet.problem and sheet.model_name:
        found.append(Action("retry", "Try again", f"Read the {sheet.noun.one} once more."))
    if sheet.case.site != sheet.site_in_use:
        title = (
            "Read with this site's threshold"
            if sheet.site_in_use
            else "Read with the model's own threshold"
        )
        hint = f"What new {sheet.noun.several} are read with. The earlier prediction is kept."
        found.append(Action("follow-site", title, hint))
    return tuple(found)
