"""One file per judged table: its Great Expectations suite as a function, with severities."""
