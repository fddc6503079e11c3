"""The engines of job runs: Sail, or Spark on the JVM."""
