"""What a job's role must be allowed, by purpose: the calls of the driver, of Iceberg and of Spark's S3 client. Pure data.

Sources: what the driver was seen to call (``tests/integration/test_glue_calls.py``), and for the JVM Iceberg's own
documentation and code (https://iceberg.apache.org/docs/1.10.0/aws/): GlueCatalog looks databases and tables up, creates
and updates tables; S3FileIO gets, puts (in parts, for large files), heads and deletes objects. S3A, which stages
Parquet and reads landing files, also lists (https://hadoop.apache.org/docs/r3.4.1/hadoop-aws/tools/hadoop-aws/index.html).
Before S3A makes a folder it looks for each folder above it, so both reading and listing must reach some way above a
prefix: without that it takes the answer "forbidden" for a failure. A HEAD of an object is allowed by s3:GetObject, and each call of an upload in parts but its abort by s3:PutObject
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PERMISSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # On the buckets themselves: landing files are found by prefix, staged files to be removed, too. Without
        # s3:ListBucket a missing object is told as a denied one.
        "buckets": ("s3:GetBucketLocation", "s3:ListBucket"),
        # On the landing prefix.
        "landing": ("s3:GetObject",),
        # On the layers' prefixes of tables, and on the run's temporary prefix.
        "tables": (
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:PutObject",
        ),
        "temporary": (
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:PutObject",
        ),
        # On the catalog, the layers' databases, and their tables.
        "catalog": (
            "glue:CreateTable",
            "glue:GetDatabase",
            "glue:GetTable",
            "glue:UpdateTable",
        ),
    }
)
