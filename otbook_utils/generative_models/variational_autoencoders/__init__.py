"""What only the chapter `book/generative_models/01_variational_autoencoders.ipynb` needs."""
