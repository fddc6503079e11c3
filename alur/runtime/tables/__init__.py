"""Tables: their state, and their catalogs."""
