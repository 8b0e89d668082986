"""Robots that are driven, rewarded and watched."""
