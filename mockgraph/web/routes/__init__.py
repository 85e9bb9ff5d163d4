"""The routes, one module for each kind of resource; `web.app` puts them together."""
