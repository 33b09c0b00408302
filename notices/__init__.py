"""Who is told what, when, and how it got there."""
