"""The HTTP side: native API, public pages, health."""
