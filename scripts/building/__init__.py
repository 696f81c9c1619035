"""What `scripts/build` makes: everything that is handed out, in `dist/`."""
