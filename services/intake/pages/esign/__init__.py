"""Electronic signatures in PDFs, validated with pyHanko; nothing else imports it."""
