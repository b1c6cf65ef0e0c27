"""The demonstration: mails and scans as municipalities send them."""
