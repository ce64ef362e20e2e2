"""Lambda entry points: parse, one call of a service, render. A few lines each."""
