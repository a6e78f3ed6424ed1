"""First mixtures. Kernels and the EM loop come as arguments."""
