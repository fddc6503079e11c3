"""Files are on the disk before the catalog refers to them."""

import os

from tests.tiny_project import csv_of


def test_every_file_of_a_commit_is_synced_before_the_metadata_that_names_it(project, monkeypatch):
    synced = []
    fsync = os.fsync

    def record(descriptor):
        fsync(descriptor)
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    monkeypatch.setattr(os, "fsync", record)
    project.declare(
        """
class Raw(BronzeTable, partition_by="shop"):
    id: int
    shop: str
""",
        """
@pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(raw):
    return raw
""",
    )
    for number in (1, 2):
        synced.clear()
        project.land(f"raw/{number}.csv", csv_of("id,shop", [(number, "a"), (number, "b")]))
        project.run().all_succeeded()
        table = project.table("raw")
        named = table.metadata_location.removeprefix("file://")
        snapshot = table.current_snapshot()
        manifests = [
            manifest
            for manifest in snapshot.manifests(table.io)
            if manifest.added_snapshot_id == snapshot.snapshot_id
        ]
        entries = [entry for m in manifests for entry in m.fetch_manifest_entry(table.io)]
        files = [
            snapshot.manifest_list,
            *(manifest.manifest_path for manifest in manifests),
            *(entry.data_file.file_path for entry in entries),
        ]
        assert len(files) == 4
        before = synced[: synced.index(named)]
        for file in files:
            assert file in before
            assert os.path.dirname(file) in before
        assert os.path.dirname(named) in synced[synced.index(named) :]
