"""What can be known of a pipeline from its plan alone, without reading a row."""
