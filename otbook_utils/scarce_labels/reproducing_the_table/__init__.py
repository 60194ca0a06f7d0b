"""What only the chapter `book/scarce_labels/02_reproducing_the_table.ipynb` needs."""
