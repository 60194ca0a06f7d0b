"""What only the chapter `book/bayesian_networks/03_sampling_the_posterior.ipynb` needs."""
