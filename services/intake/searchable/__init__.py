"""Making documents searchable, in the background: their words, and a copy that can be searched.

`pages` finds the words, in the contained child; `copy` writes the copy, outside of it.
"""
