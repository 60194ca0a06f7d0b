"""Part II: deep generative models, the methods of this part, one file a method."""

__all__: list[str] = []
