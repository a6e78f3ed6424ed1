"""How many components, of what shape: criteria, the search over numbers and structures, tests, and merging."""
