"""What the town 水富 is: chance, calendar, ground, weather, matters, words and true incidents; nothing of a record."""
