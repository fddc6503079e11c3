"""A process that computes fingerprints on an engine: ``python -m tests.fingerprints ENGINE``, with frames as pickle."""

import json
import pickle
import sys

from alur.runtime.engines.engine import open_session
from alur.runtime.engines.spark_types import spark_schema
from alur.runtime.tables.fingerprint import fingerprint


def main():
    frames = pickle.load(sys.stdin.buffer)
    with open_session(sys.argv[1]) as session:
        found = [
            fingerprint(session.createDataFrame(rows, spark_schema(columns)), columns)
            for columns, rows in frames
        ]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
