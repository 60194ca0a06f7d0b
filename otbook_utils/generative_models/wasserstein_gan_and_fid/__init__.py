"""What only the chapter `book/generative_models/07_wasserstein_gan_and_fid.ipynb` needs."""
