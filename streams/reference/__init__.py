"""Areas, grids, units and categories with the days on which they are valid, as CSV and pure readers."""
