"""A real browser, where Debian's chromium is installed."""

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

PATIENCE = 120_000
"""Milliseconds for which a page is waited for; a busy machine draws a graph in half a minute."""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")),
            executable_path=CHROMIUM,
            headless=True,
            args=flags,
            viewport={"width": 1500, "height": 950},
        )
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield opened
        context.close()
