"""What only the chapter `book/scarce_labels/01_imbalance_losses.ipynb` needs."""
