"""Archives over DICOMweb: asked, brought in from, and sent to.

:func:`app.services.archives.client.connected` is the one door to the network.
"""
