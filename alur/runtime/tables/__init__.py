"""Tables: their state, and the catalogs that hold them."""
