"""Sessions of the local engine, one after the other and side by side in one process."""

import gc
import time
from multiprocessing.pool import ThreadPool

from alur.runtime.engines.engine import open_session


def test_a_session_that_is_over_never_blocks_the_next():
    with open_session("sail") as first:
        assert first.range(3).count() == 3
    first.itself = first  # as in any cycle of references: only the garbage collector frees it
    del first
    with open_session("sail") as second, ThreadPool(1) as other:
        assert second.range(3).count() == 3
        # The garbage collector runs on any thread.
        other.apply_async(gc.collect).get(timeout=15)
        assert second.range(3).count() == 3


def test_a_session_outlives_others_that_end_meanwhile():
    def count(_):
        return session.range(3).count()

    with open_session("sail") as session, ThreadPool(2) as readers:
        counts = readers.map_async(count, range(100), chunksize=1)
        while not counts.ready():
            with open_session("sail") as other:
                assert other.range(2).count() == 2
        assert counts.get() == [3] * 100


def test_a_session_may_be_idle_as_long_as_it_likes(monkeypatch):
    monkeypatch.setenv("SAIL_SPARK__SESSION_TIMEOUT_SECS", "1")
    with open_session("sail") as session:
        session.range(3).createOrReplaceTempView("numbers")
        time.sleep(4)
        assert session.table("numbers").count() == 3
        assert session.conf.get("spark.sql.session.timeZone") == "UTC"
