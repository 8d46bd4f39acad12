"""What is sent of the families' streams: lateness, repeats, broken records, bytes; and the truth beside them."""
