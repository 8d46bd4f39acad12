"""Made by `citybrain contracts render` from the contracts; nothing here is written by hand."""
