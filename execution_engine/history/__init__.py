"""What operators ask: traces, runs, orders, logs. Only reads, and answers with plain data."""
