"""Orders on instances, by SSM Run Command: each instance claims and reports for itself, the order for all of them."""
