"""Where people read about code: clone addresses, and comments on pull requests and issues. For callers; the engine
itself comments on nothing."""
