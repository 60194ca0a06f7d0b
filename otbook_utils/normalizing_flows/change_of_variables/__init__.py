"""What only the chapter `book/normalizing_flows/01_change_of_variables.ipynb` needs."""
