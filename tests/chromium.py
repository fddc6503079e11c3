"""A real browser, if Debian's chromium is installed."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

PATIENCE = 120_000
"""The maximum wait for a page, in milliseconds; a busy machine draws a graph in half a minute."""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.contextmanager
def opened(profile: Path, width: int = 1500, height: int = 950) -> Iterator[Page]:
    """Open an empty page in a browser with a new profile; sizes are in pixels."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=CHROMIUM,
            headless=True,
            args=_FLAGS,
            viewport={"width": width, "height": height},
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield page
        context.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("profile")) as page:
        yield page
