"""What only the chapter `book/optimal_transport/04_sinkhorn.ipynb` needs."""
