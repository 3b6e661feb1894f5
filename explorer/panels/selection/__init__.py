"""What is selected, as pictures and counted by class."""
