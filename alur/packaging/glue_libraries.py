"""Describes the platform of a Glue 5.1 job, CPython 3.11 on Amazon Linux 2023 with glibc 2.34, and its libraries.

(https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html)
"""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

PYTHON = "3.11"
PYTHON_VERSION = (3, 11)
ABI = "cp311"

# manylinux_2_34 and all older platforms, the newest first; wheels still use the three old aliases
# (https://peps.python.org/pep-0600/).
PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(34, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
)

MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.13",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.11.13",  # AWS does not document the patch release: a late one of 3.11
    "python_version": PYTHON,
    "sys_platform": "linux",
}
"""The values of requirements' markers in a job (https://peps.python.org/pep-0508/#environment-markers)."""

DISTRIBUTIONS = {
    "awsglue": None,
    "boto3": "1.40.61",
    "botocore": "1.40.61",
    "py4j": "0.10.9.7",
    "pyspark": "3.5.6",
}
"""Libraries of Glue's engine, which are never packaged; with the versions documented by AWS."""


def modules() -> frozenset[str]:
    """Return every unpackaged module, outside the standard library, that a job can import."""
    text = Path(__file__).with_name("glue_modules.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def distributions() -> dict[str, str]:
    """Return the distributions pip finds installed in a job: versions by the normal form of the name.

    >>> distributions()["typing-extensions"]
    '4.15.0'
    """
    text = Path(__file__).with_name("glue_distributions.txt").read_text(encoding="utf-8")
    pins = (line.split("==") for line in text.splitlines() if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pins}
