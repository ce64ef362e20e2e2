"""The HTTP API as one OpenAPI 3.1 document, made from what the code itself reads and answers."""
