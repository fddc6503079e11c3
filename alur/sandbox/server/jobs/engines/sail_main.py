"""The main program of a job run's engine: Sail in a separate process, with only the job's packages and its own."""

import os
import signal
import sys

if __name__ == "__main__":
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    print(server.listening_address[1], flush=True)
    # Standard input ends with the job run, even if the sandbox was killed.
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)
