"""Customers who write mails and an agent who answers each, while the servers between them die."""
