"""Operates the deployed objects through boto3."""
