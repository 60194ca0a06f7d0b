"""What only the chapter `book/bayesian_networks/01_noise_that_regularises.ipynb` needs."""
