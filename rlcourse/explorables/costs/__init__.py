"""What an algorithm costs: the memory it keeps, and how soon it is where others are."""
