"""What the GPT-2 is asked: a file a task, with its data and its reward."""
