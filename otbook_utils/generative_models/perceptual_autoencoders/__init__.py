"""What only the chapter `book/generative_models/08_perceptual_autoencoders.ipynb` needs."""
