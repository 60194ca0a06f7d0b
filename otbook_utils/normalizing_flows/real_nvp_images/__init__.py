"""What only the chapter `book/normalizing_flows/02_real_nvp_images.ipynb` needs."""
