"""When to go on, stop or speed up. This room sees steps and numbers, never rows, families or kernels."""
