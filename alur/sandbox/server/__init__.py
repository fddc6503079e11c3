"""The sandbox's server process: moto behind a gateway, with the parts of AWS missing from moto."""
