"""What only the chapter `book/bayesian_networks/05_active_learning.ipynb` needs."""
