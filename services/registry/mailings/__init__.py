"""Mailings: written by staff, approved, ordered of the notifier letter by letter, and followed."""
