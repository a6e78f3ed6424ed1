"""What speaks scikit-learn."""
