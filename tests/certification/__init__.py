"""What Sail gives against what Spark gives: every function over edge values, and the certificates made of it."""
