"""Moto's services, with extensions for what a deployment uses."""
