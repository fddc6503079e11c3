"""The sandbox's server process: moto behind a gateway, with extensions for parts of Glue missing from moto."""
