"""The service around the rules: HTTP, casework, WeChat, jobs and the local run."""
