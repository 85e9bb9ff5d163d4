"""Contract tests: one list of requests to the real Agent Server and to mockgraph, and the bytes compared.

Adding a scenario: a graph in `upstream/graphs.py` (and its name in `upstream/langgraph.json`), the fixture that
scripts it in `fixtures/`, and a function in `scenarios/` that sends the requests.
"""
