"""One module per use case. The first argument is the workplace, the rest goes by keyword.

Pages and worker call these and nothing below them.
"""
