"""The seeded city 水富: the same seed gives the same bytes, and the truth beside them. No wall clock."""
