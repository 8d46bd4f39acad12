"""From landed events to the hidden schema of one run: dbt, its faults told by city, suppression, the run log."""
