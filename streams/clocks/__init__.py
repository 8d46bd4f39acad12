"""Working time: calendars as data, and the clocks that deadlines and durations are counted by."""
