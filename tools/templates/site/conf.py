"""Settings of the site: nothing is executed, and nothing is loaded from a network."""

import os

REPOSITORY = os.environ.get("COURSE_REPOSITORY", "owner/name")  # tools/site.py sets it

project = "Sequence models for text with Keras"
author = "the makers of the course"
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = "Show our answer"
nb_code_prompt_hide = "Hide our answer"
myst_heading_anchors = 3
# The glossary has no second level of headings, and the report for the course's own tools is not for readers.
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type"]
html_baseurl = "https://{}.github.io/{}/".format(*REPOSITORY.split("/"))
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["course.css"]
html_show_copyright = False
html_theme_options = {
    "repository_url": f"https://github.com/{REPOSITORY}",
    "repository_branch": "main",
    "use_repository_button": True,
    "use_download_button": True,
    "launch_buttons": {"colab_url": "https://colab.research.google.com", "binderhub_url": "https://mybinder.org"},
    "show_toc_level": 2,
    "navbar_persistent": [],
}
html_context = {"default_mode": "auto"}
html_js_files = ["course.js"]


def no_launch(app: object, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Take the launch buttons from pages whose notebook is not in the repository."""
    if pagename.startswith("machine/"):
        buttons = context.get("header_buttons", [])
        context["header_buttons"] = [each for each in buttons if each.get("label") != "launch-buttons"]


def setup(app: object) -> None:
    app.connect("html-page-context", no_launch, priority=900)
