"""Speed and memory, as ratios against yardsticks of the same run, or seconds against a limit: ``make bench``."""
