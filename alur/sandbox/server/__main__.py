"""The sandbox's server process.

Started by ``alur sandbox up`` as ``python -m alur.sandbox.server FOLDER CACHE PORT REGION ACCOUNT SPARK``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from alur.sandbox.spark_installation import SparkInstallation
from alur.sandbox.state_file import LOCK_FILE

_LOCK_SECONDS = 5
"""The command line takes the lock briefly whenever it checks for a running sandbox."""


def main(arguments: list[str]) -> None:
    """Serve until a signal to end arrives."""
    folder, cache, port, region, account_id, spark = arguments
    lock = FileLock(Path(folder) / LOCK_FILE)
    try:
        # The operating system frees the lock even if this process is killed.
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        sys.exit("another sandbox is up in this folder")
    os.environ["MOTO_ACCOUNT_ID"] = account_id
    # Web pages must not reach the server.
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    # Moto reads these variables when it is imported.
    from alur.sandbox.server.server import Server, ServerSettings

    settings = ServerSettings(
        folder=Path(folder),
        cache=Path(cache),
        port=int(port),
        region=region,
        account_id=account_id,
        spark=SparkInstallation.from_json(spark) if spark else None,
    )
    Server(settings).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
