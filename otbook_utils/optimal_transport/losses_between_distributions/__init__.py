"""What only the chapter `book/optimal_transport/NN_losses_between_distributions.ipynb` needs."""
