"""The letters that we write: what each says is decided and worded here, in Swedish. Pure.

The notifier makes mails of them; staff see, before they decide, the very letter that would leave.
"""
