"""The embedded AWS of one machine: its process, who shares it, and what is created in it."""
