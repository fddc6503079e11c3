"""IAM: the permissions that requests need, and those that roles grant."""
