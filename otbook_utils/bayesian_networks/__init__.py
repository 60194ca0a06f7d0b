"""Part IV: Bayesian networks, the methods of this part, one file a method."""
