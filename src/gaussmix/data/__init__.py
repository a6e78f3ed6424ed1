"""Where rows live: sources that read them and cut them, by their global number, into the same chunks."""
