"""What only the chapter `book/optimal_transport/05_one_dimension_slices_gaussians.ipynb` needs."""
