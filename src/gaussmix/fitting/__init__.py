"""One fit: source, kernel, family, allocation, starts and loop wired together."""
