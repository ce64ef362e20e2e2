"""What the engine keeps about orders and how it decides. Pure: values in, values out; no AWS, no clock."""
