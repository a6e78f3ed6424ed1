"""How many components, of what shape: ways to choose between mixtures."""
