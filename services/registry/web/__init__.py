"""The staff's pages: server-rendered, in Swedish, and usable without JavaScript."""
