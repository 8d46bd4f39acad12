"""Great Expectations suites as functions and the gate that judges a run. Changes no data."""
