"""The eleven source systems of the town: each draws its own lives and hands them back as one `Family`."""
