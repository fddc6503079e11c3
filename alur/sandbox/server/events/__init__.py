"""EventBridge: events, and their deliveries to targets."""
