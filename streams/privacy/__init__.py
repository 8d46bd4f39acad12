"""Personal data stops here: scrubber of free text, keyed tokens, and the hunt for planted canaries."""
