"""The command line (contract section 6). Commands parse, ask one service, and show the answer."""
