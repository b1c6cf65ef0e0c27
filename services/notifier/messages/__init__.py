"""The mails that we write: what each says is decided here, and worded in Swedish."""
