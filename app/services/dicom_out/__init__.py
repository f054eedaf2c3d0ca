"""DICOM objects of a signed revision, for other systems: report, heatmap, picture, presentation.

:func:`app.services.dicom_out.objects.of_revision` is the face: a case and a revision give a list of
named data sets, and sentences about what was not made. Nothing here knows of a network.
"""
