"""The four steps, one module each, read top to bottom; what they share is a `Run`."""
