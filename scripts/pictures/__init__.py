"""Pictures of the pages for the documents, as a browser shows the demo."""
