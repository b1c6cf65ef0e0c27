"""The notifier: answers mail, through one gate, from a durable queue, by an SMTP relay."""
