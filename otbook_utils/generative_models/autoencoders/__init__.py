"""Room of 03_autoencoders."""
