"""Layer 1: what LangGraph and LangChain mean by messages and channels, as pure functions on JSON values."""
