"""What only the chapter `book/normalizing_flows/03_flow_gmm.ipynb` needs."""
