"""What only the chapter `book/generative_models/01_likelihood_and_divergences.ipynb` needs."""
