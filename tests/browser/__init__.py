"""Tests that drive JupyterLab in a real browser, and the tools they share."""
