"""Which of several fits of the same rows is to be preferred: criteria, and the search over numbers and structures."""
