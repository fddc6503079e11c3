"""The process that is the sandbox: moto behind a gateway, with what moto lacks of Glue."""
