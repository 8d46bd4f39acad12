"""The pure kernel: frames in, frames out; parse, validate, scrub, locate, deduplicate. No clock, no I/O."""
