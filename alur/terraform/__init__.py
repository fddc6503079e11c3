"""Writes a deployment as Terraform files, and runs the program to apply them."""
