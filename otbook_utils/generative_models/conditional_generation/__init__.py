"""What only the chapter `book/generative_models/06_conditional_generation.ipynb` needs."""
