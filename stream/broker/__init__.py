"""A Kafka broker to run against: given, found, or embedded; and how clients are told about it."""
