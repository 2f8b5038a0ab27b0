# SPDX-License-Identifier: GPL-2.0
"""The book, for sphinx: see tools/book.sh.

The pages are plain reStructuredText that names things in double backquotes. Of these, names
of pages become links here, and what is said to be in the tree must be there.
"""

import glob
import pathlib
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

TOP = pathlib.Path(__file__).resolve().parent.parent

project = "vrouter"
author = "the vrouter maintainers"
copyright = "the vrouter maintainers, GPL-2.0"
version = release = re.search(r"^VR_VERSION := (.*)$", (TOP / "Kbuild").read_text(), re.M)[1]

highlight_language = "none"
html_theme = "alabaster"
html_theme_options = {"page_width": "70em", "body_max_width": "56em", "fixed_sidebar": True,
                      "show_powered_by": False}
html_sidebars = {"**": ["about.html", "searchbox.html", "navigation.html"]}
html_copy_source = False
html_show_sphinx = False

PATH = re.compile(r"(kmod|tools|selftests|Documentation|include|debian)/[\w./*-]+$")
MANUAL = re.compile(r"([a-z-]+)\(([58])\)$")
TARGET = re.compile(r"make ([a-z-]+)$")
TARGETS = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(), re.M))

log = logging.getLogger(__name__)


def page_of(text, env):
    """Which page of the book text is the name of, if of any."""
    manual = MANUAL.match(text)
    if manual:
        name = "man/%s.%s" % manual.groups()
        return name if name in env.found_docs else None
    name = text[:-4] if text.endswith(".rst") else None
    pages = [page for page in env.found_docs if name and page.split("/")[-1] == name.split("/")[-1]]
    if name and not pages:
        log.warning("there is no page %s", text)
    return pages[0] if pages else None


def look_up(app, doctree):
    """Make links of literals, and complain about those that name what is not there."""
    for node in list(doctree.findall(nodes.literal)):
        text = node.astext()
        page = page_of(text, app.env)
        if page:
            link = addnodes.pending_xref("", refdomain="std", reftype="doc", refexplicit=True,
                                         reftarget="/" + page, refdoc=app.env.docname)
            node.replace_self(link)
            link += node
        elif PATH.match(text) and "/build/" not in text and not glob.glob(str(TOP / text)):
            log.warning("there is no %s in the tree", text, location=node)
        elif TARGET.match(text) and TARGET.match(text)[1] not in TARGETS:
            log.warning("make knows no %s", TARGET.match(text)[1], location=node)


def setup(app):
    app.connect("doctree-read", look_up)
    return {"parallel_read_safe": True}
