"""Reading one page: measure first, decide afterwards.

`code`, `align`, `marks`, `signature`, `ink` and `text` measure and say nothing of what it means;
`identify` and `verdict` decide from what was measured, and touch no picture.
"""
