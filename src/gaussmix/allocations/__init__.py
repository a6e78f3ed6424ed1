"""How rows choose components: the second stage of a pass."""
