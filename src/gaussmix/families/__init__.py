"""What components emit: parameters, formulas, and the stages of a pass that belong to them."""
