"""What a job's role is allowed to do: the calls of the driver, of Iceberg and of Spark's S3 client, and of Glue itself.

Sources: the observed calls of the driver (``tests/integration/test_glue_calls.py``), and for the JVM Iceberg's own
documentation and code (https://iceberg.apache.org/docs/1.10.0/aws/): GlueCatalog looks up databases and tables, creates
and updates tables; S3FileIO gets, puts (in parts, for large files), heads and deletes objects, and lists them to find
orphans. S3A, which stages Parquet and reads landing files, also lists
(https://hadoop.apache.org/docs/r3.4.1/hadoop-aws/tools/hadoop-aws/index.html).
Before S3A makes a folder, it looks for each folder above it, so both reading and listing must reach some way above a
prefix: without that, S3A takes the answer "forbidden" for a failure. s3:GetObject allows the HEAD of an object, and
s3:PutObject each call of an upload in parts except its abort
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PERMISSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "read_files": ("s3:GetObject",),
        "write_files": (
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:PutObject",
        ),
        # Without it, S3 reports a missing object as a forbidden one.
        "list_files": ("s3:ListBucket",),
        "find_buckets": ("s3:GetBucketLocation",),
        "read_tables": ("glue:GetDatabase", "glue:GetTable"),
        "write_tables": (
            "glue:CreateTable",
            "glue:GetDatabase",
            "glue:GetTable",
            "glue:UpdateTable",
        ),
        # Glue's own, for what jobs print.
        "write_logs": ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    }
)
"""IAM actions by purpose."""
