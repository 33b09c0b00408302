"""THE PROCESS: application, deliberation, determination, disclosure, follow_up; urgent_relief beside it."""
