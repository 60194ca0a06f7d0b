"""The room of `02_autoregressive_text`."""
