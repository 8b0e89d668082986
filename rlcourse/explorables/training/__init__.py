"""Pictures of training runs: live, recorded over several seeds, and one update at a time."""
