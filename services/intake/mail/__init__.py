"""Mail: how it comes in, what is in it, what kind it is, and whether its sender is who it says."""
