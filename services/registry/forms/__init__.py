"""Forms: printing our own for one municipality."""
