"""What only the chapter `book/generative_models/02_autoregressive_text.ipynb` needs."""
