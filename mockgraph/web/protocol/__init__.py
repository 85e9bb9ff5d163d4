"""The newer thread protocol: commands to a thread and the events of its runs, over HTTP and on a WebSocket."""
