"""One encrypted, consistent file of everything that matters, written while people work."""
