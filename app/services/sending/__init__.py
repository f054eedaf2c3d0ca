"""Signed revisions on their way to archives: queued, sent by the worker, and said in words.

:mod:`app.services.sending.asking` is what a person may do, :mod:`app.services.sending.delivering`
what the worker does. Nothing leaves without a signature and the site's rule
(:class:`app.domain.sending.rule.SendingRule`).
"""
