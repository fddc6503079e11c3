"""`make docs`: the site builds without the network, and its pages fetch nothing from other hosts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OFFLINE = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("the build asks the network:", event, arguments, file=sys.stderr)
        os._exit(3)

sys.addaudithook(refuse)
from mkdocs.__main__ import cli
cli(sys.argv[1:])
"""
STYLE_ADDRESS = re.compile(r"url\(\s*[\"']?([^)\"']+)|@import\s+[\"']([^\"']+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class _Assets(HTMLParser):
    """Collects the addresses fetched by a browser to show a page, without links for readers."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if value and (name in ("src", "srcset", "poster") or (tag, name) == ("link", "href")):
                self.addresses.append(value)


def test_pages_fetch_nothing_from_other_hosts(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 15
    foreign = {}
    for page in pages:
        assets = _Assets()
        assets.feed(page.read_text())
        assert assets.addresses, page
        foreign[page.name] = [a for a in assets.addresses if re.match(r"(?:[a-z]+:)?//", a)]
    assert {page: found for page, found in foreign.items() if found} == {}


def test_styles_fetch_nothing_from_other_hosts(site):
    styles = list(site.rglob("*.css"))
    assert styles
    addresses = [
        first or second
        for style in styles
        for first, second in STYLE_ADDRESS.findall(style.read_text())
    ]
    assert [a for a in addresses if re.match(r"(?:https?:)?//", a)] == []


def test_the_site_has_no_address_of_its_own(site):
    home = (site / "index.html").read_text()
    assert 'rel="canonical"' not in home
    assert "<loc>" not in (site / "sitemap.xml").read_text()


def test_pictures_are_small_and_shown():
    pages = "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert {
        picture.name: picture.stat().st_size
        for picture in pictures
        if picture.stat().st_size > 200_000
    } == {}
    assert [picture.name for picture in pictures if f"images/{picture.name})" not in pages] == []
