"""From a file's bytes to upright-agnostic grey pictures of its pages, or a stated fault."""
