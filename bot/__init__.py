"""Question -> answer; text in, text out; knows nothing of WeChat."""
