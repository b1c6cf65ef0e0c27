"""Reading a page without a code, of a form that somebody else made: by what is printed on it."""
