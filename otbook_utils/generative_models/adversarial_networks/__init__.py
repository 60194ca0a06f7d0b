"""What only the chapter `book/generative_models/05_adversarial_networks.ipynb` needs."""
