"""What all pages need, whoever they are for: their words in several languages, and strict forms."""
