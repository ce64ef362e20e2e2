"""Where orders run. One small class each, behind ``orders.store.Target``."""
