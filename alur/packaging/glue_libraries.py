"""The platform and libraries of a Glue 5.1 job: CPython 3.11 on Amazon Linux 2023 with glibc 2.34, and the libraries there.

(https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html)
"""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

PYTHON = "3.11"
PYTHON_VERSION = (3, 11)
ABI = "cp311"

# manylinux_2_34 and all that is older, the newest first; wheels are still named by the three old aliases
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
    "python_full_version": "3.11.13",  # AWS names no patch release: a late one of 3.11
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
"""Libraries that are never packaged, because they belong to Glue's engine; with versions where AWS documents them."""


def modules() -> frozenset[str]:
    """Return every module, outside the standard library, that a job can import although it is not packaged."""
    text = Path(__file__).with_name("glue_modules.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def distributions() -> dict[str, str]:
    """Return what pip finds installed in a job, by normal form of the name, each with its version.

    >>> distributions()["typing-extensions"]
    '4.15.0'
    """
    text = Path(__file__).with_name("glue_distributions.txt").read_text(encoding="utf-8")
    pins = (line.split("==") for line in text.splitlines() if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pins}
