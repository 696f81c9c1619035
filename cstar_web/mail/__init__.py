"""Mail: how it is fetched, taken in, read and sent."""
