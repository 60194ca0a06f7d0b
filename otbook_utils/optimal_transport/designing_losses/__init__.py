"""What only the chapter `book/optimal_transport/02_designing_losses.ipynb` needs."""
