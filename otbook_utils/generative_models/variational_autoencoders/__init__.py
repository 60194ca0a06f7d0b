"""Room of 04_variational_autoencoders."""
