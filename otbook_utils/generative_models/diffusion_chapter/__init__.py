"""The room of the chapter on diffusion, which also closes the part with a table of its models."""
