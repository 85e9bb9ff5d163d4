"""The Model Context Protocol: assistants as tools. Imported when the first message comes."""
