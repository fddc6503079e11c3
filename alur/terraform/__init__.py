"""A deployment as Terraform: the files, and the program that applies them."""
