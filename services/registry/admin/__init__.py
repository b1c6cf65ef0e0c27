"""What staff do from the command line: rounds, municipalities, users. Each change is logged."""
