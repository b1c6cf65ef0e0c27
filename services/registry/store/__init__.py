"""The questions that pages, exports and commands ask of the register. Nothing here changes it."""
