"""An emulated AWS on this machine, in which a deployed project really runs."""
