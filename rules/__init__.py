"""The 办法 as code: pure, synchronous, standard library only. No clock, no files, no environment."""
