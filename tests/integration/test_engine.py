"""Sessions of the local engine, one after the other in one process."""

import gc

from pyspark.sql.connect.client.reattach import ExecutePlanResponseReattachableIterator

from alur.runtime.engine import open_session


def test_a_session_that_is_over_never_blocks_the_next():
    with open_session("sail") as first:
        assert first.range(3).count() == 3
    first.itself = first  # as in any user's cycle of references: only the collector frees it
    del first
    with open_session("sail") as second:
        assert second.range(3).count() == 3
        # Garbage is collected on whichever thread runs just then; one of the client's own must not wait for itself.
        workers = ExecutePlanResponseReattachableIterator._release_thread_pool
        workers.apply_async(gc.collect).get(timeout=15)
        assert second.range(3).count() == 3
