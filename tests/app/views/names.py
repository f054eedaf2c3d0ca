"""Names of files and classes that a page could take for something else than text."""

FILES = (
    "www.example.com.png",
    "me@example.com.png",
    "a_b_ *c*.png",
    ":smile:.png",
    "$x$ and $y$.png",
    "<b>x<b>.png",
    "![x](y).png",
    ":red[x].png",
    "a -> b -- c.png",
    ":material_home:.png",
    "# 1. x.png",
)
"""Each as the last part of a path."""
CLASSES = (
    "http://example.com/x",
    'finding <a href="https://example.com">www.example.com</a> :smile:',
)
"""Of one model; the first is its negative class."""
