"""What only the chapter `book/optimal_transport/01_intuition.ipynb` needs."""
