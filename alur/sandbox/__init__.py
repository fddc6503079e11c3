"""An emulated AWS on this machine, which runs a deployed project for real."""
