"""`samurai web`: tracking over HTTP, and a page (the extra `web`; docs/web.md)."""
