"""The code of a Glue job."""
