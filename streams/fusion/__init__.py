"""Fusion: which cases and detections tell of one incident. Pure: frames in, frames out, no server, no clock."""
