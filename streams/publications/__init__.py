"""What readers see: frozen by difference, checked by content, copied to the lake, asked through one read-only door."""
