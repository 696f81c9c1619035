"""HTML that came by mail, cleaned at the time of showing: what is stored stays as it came."""
