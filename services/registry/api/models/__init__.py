"""What the interface answers with: names that programs rely on, and that are never changed."""
