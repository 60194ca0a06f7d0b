"""What only the chapter `book/optimal_transport/03_computing_transport.ipynb` needs."""
