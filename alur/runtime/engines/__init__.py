"""The engines that run pipelines on this machine, what starts them, and what they do differently."""
