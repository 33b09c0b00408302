"""JSON for the mini-program and staff tools: parse, authorise, call casework, answer."""
