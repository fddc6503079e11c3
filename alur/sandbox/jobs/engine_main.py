"""What a job run's engine is: Sail in a process of its own, which sees no other code than the job does."""

import os
import signal
import sys

if __name__ == "__main__":
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    print(server.listening_address[1], flush=True)
    # Standard input ends when the job run does, whatever became of the sandbox.
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)
