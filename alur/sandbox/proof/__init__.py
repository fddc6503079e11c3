"""Whether what is deployed does what runs on this machine."""
