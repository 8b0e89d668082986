"""Returns, values and advantages: exact ones, and estimates of them."""
