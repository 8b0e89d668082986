"""The clinic of notebook 14: a patient's charts, further tests, a cause to name, and a treatment to watch."""
