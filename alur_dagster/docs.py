"""Links an asset to its page in the site of ``alur docs``."""

from __future__ import annotations

from typing import Any

import dagster as dg

from alur.project.project import Project
from alur.site.datasets import DEFAULT_FOLDER


def docs_metadata(project: Project, page: str) -> dict[str, Any]:
    """Return where the page is: at the address in alur.toml, else the file on this machine; empty if there is none.

    Args:
        page: the path of the page in the site.
    """
    address = project.settings.docs.url
    if address:
        return {"alur/docs": dg.MetadataValue.url(f"{address.rstrip('/')}/{page}")}
    # Browsers follow no link from a web page to a file.
    file = project.root / DEFAULT_FOLDER / page
    return {"alur/docs": dg.MetadataValue.path(file)} if file.is_file() else {}
