"""Pages put right: a person's new order of them, what intake reads anew of it, and its undoing.

arrange → (event) → intake reads → reread; `order` is what intake is told, `documents` and `cases`
what comes of the answer.
"""
