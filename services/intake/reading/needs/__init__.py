"""Reading the needs template, as text, as print, or as a scan: its questions and the answers."""
