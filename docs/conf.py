"""The documentation site: `make docs` writes it to build/docs, with warnings as errors.

The API pages come out of the docstrings: sphinx.ext.apidoc writes one page for each package into
docs/api, a folder that git ignores. Nothing is fetched from the network, neither by the build nor
by the pages.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the checkout itself is described, installed or not

project = "DProtoNet Review"
author = "the DProtoNet Review authors"
html_title = project

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.apidoc",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
root_doc = "index"
exclude_patterns = ["api/modules.rst"]  # apidoc's own list of packages; ours is in index.md

# A reference to a module, a function or a method that is not there is a warning. The others are not
# held to this: annotations name classes of torch and numpy, whose pages are not here, and constants
# and fields without a docstring of their own have no place on a page.
nitpicky = True
nitpick_ignore_regex = [("py:(class|exc|data|attr)", ".*")]

# Headings are link targets as they are on GitHub, so that a page reads the same in both places.
myst_heading_anchors = 4

# A class of one name stands in two rooms: where an annotation names it without its module, which is
# so for imports that serve typing alone, autodoc cannot tell which is meant and links to the first.
suppress_warnings = ["ref.python"]

# What has a docstring is described; the fields of a dataclass stand in its signature. By the
# environment, since Sphinx 9.0 takes the setting of this name for single modules alone.
os.environ["SPHINX_APIDOC_OPTIONS"] = "members"
apidoc_modules = [
    {
        "path": str(ROOT / "dprotonet"),
        "destination": "api",
        "module_first": True,
        "max_depth": 1,
    }
]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# A name stands once, in the module that defines it, also where a package hands it on.
autodoc_default_options = {"ignore-module-all": True}

napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
