"""Random answer forms with their truth, scanned badly, to test and to measure reading on."""
