"""The console: pages for a browser on this machine, and the same pictures as a file. Reads through ``history``."""
