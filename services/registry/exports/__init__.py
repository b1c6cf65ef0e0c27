"""What leaves the register in files."""
