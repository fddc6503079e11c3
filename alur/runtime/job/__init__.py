"""What runs inside a Glue job."""
