"""Compare EM engines: same data, same start, same number of iterations, same threads."""
