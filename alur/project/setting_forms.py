"""The forms of settings that are texts: a pattern, and the same in words for an error's remedy."""

from __future__ import annotations

from alur.contracts.retention import KEEP

PROJECT_NAME = r"^[a-z][a-z0-9-]{0,30}$"
ACCOUNT_ID = r"^\d{12}$"
BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
WEB_ADDRESS = r"^https?://[^\s\"'<>\\^`{|}]+$"
REGION = r"^[a-z]{2,4}(-[a-z]+)+-\d$"

IN_WORDS = {
    PROJECT_NAME: "up to 31 lower-case letters, digits and hyphens, a letter first",
    KEEP: 'a number of hours or days, such as "7 days", or "forever"',
    ACCOUNT_ID: "the 12 digits of the account",
    BUCKET: "a bucket's name: 3 to 63 lower-case letters, digits, hyphens and dots",
    EMAIL: 'an address such as "data@example.com"',
    WEB_ADDRESS: 'an address such as "https://docs.example.com/shop"',
    REGION: 'the name of a region, such as "eu-west-1"',
}
