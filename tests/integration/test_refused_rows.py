"""What `alur show --run` reads: the rows that a job run has left on its branch of a table."""

import pyarrow as pa
import pytest

from alur.errors import SourceError
from alur.runtime.tables.glue_reader import read_table
from tests.glue_project import REGION
from tests.integration.test_glue_jobs import KEYED, LOAD


def read(jobs, run_id=None):
    endpoint = jobs.s3.meta.endpoint_url
    properties = {
        "s3.endpoint": endpoint,
        "s3.region": REGION,
        "s3.access-key-id": "testing",
        "s3.secret-access-key": "testing",
    }
    contract = jobs.contract("raw")
    database = jobs.database("bronze")
    found, total = read_table(jobs.glue, jobs.s3, properties, database, contract, 2, run_id)
    return found["id"].to_pylist(), total


def test_the_rows_of_a_refused_run_are_read_without_those_of_the_table(jobs):
    jobs.declare(KEYED, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    table = jobs.table("raw")
    branch, head = "alur_run_jr_7", table.current_snapshot().snapshot_id
    table.manage_snapshots().create_branch(head, branch).commit()
    row = table.scan().to_arrow().to_pylist()[0]
    refused = [row | {"id": id_} for id_ in (4, 2, 3)]
    table.append(pa.Table.from_pylist(refused, schema=table.schema().as_arrow()), branch=branch)

    assert read(jobs) == ([1], 1)
    assert read(jobs, "jr_7") == ([2, 3], 3)
    with pytest.raises(SourceError, match="has no refused rows of the run jr_8"):
        read(jobs, "jr_8")
