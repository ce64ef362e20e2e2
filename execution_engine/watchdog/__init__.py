"""Looks at orders and runs from outside, at every tick, until their records say that they are over (law 9)."""
