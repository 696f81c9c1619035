"""A Model Context Protocol server over the core: what `cstar mcp` runs.

Needs the extra ``mcp``; only that command imports it.
"""
