"""The ``alur`` command, a module for each subcommand."""
