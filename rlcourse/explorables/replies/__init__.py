"""Replies, and what is preferred: a desk at which somebody compares them, and pictures of what a model made of that."""
