"""The registry: what municipalities have answered, and everything that a person must decide."""
