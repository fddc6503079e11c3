"""The main program of a job run's process: starts the job's script, as Glue does, and records how it ended.

It sees the job's packages alone, so it must not import any others, not even Alur.
"""

import contextlib
import importlib
import json
import os
import runpy
import signal
import sys
import threading
import traceback


def _take_input() -> int:
    """Return standard input, and replace it with an empty one for the script."""
    taken = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return taken


def _engine(source: int, client: str) -> dict[str, str]:
    """Import PySpark's client while the engine starts, and return the variables that lead to the engine."""
    # Glue's own launcher imports it, too; a job without PySpark may still run.
    with contextlib.suppress(ImportError):
        importlib.import_module(client)
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(source, 4096)
        if not part:
            os._exit(1)
        line += part
    variables: dict[str, str] = json.loads(line)
    return variables


def _end_with_parent(source: int) -> None:
    # The input ends with the sandbox, even if the sandbox was killed.
    while os.read(source, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


def _run(script: str) -> str:
    """Run the script, and return the reason of its failure; empty if it succeeded."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        return "" if error.code in (None, 0) else f"SystemExit: {error.code}"
    except BaseException as error:
        traceback.print_exc()
        return "".join(traceback.format_exception_only(error)).strip()
    return ""


if __name__ == "__main__":
    result, client, script, *arguments = sys.argv[1:]
    sys.argv = [script, *arguments]
    source = _take_input()
    os.environ |= _engine(source, client)
    threading.Thread(target=_end_with_parent, args=(source,), daemon=True).start()
    message = _run(script)
    sys.stdout.flush()
    with open(result, "w", encoding="utf-8") as file:
        json.dump({"message": message}, file)
    # Remaining threads of the script do not keep a Glue job from ending.
    os._exit(1 if message else 0)
