"""What only the chapter `book/bayesian_networks/04_two_uncertainties.ipynb` needs."""
