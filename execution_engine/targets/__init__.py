"""Where orders run. One small class each, behind ``orders.target.Target``, found by entry point."""
