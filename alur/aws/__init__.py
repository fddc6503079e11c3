"""What is deployed, operated through boto3."""
