"""Who and where, with the days on which it holds: areas, grids, units, duties, categories, devices, signs."""
