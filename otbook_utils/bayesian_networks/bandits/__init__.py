"""What only the chapter `book/bayesian_networks/06_bandits.ipynb` needs."""
