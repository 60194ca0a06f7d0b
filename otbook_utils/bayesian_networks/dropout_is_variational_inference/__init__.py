"""What only chapter `bayesian_networks/02_dropout_is_variational_inference.ipynb` needs."""
