"""The programs' door: what is published, over HTTP, read as the reader and never more than a reader may see."""
