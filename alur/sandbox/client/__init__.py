"""Uses the sandbox by its address: starts and stops it, brings landing files, and follows what runs in it."""
