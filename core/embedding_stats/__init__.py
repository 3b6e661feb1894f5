"""What an embedding space looks like as a whole, apart from what it retrieves."""
