"""A Kafka broker to run against: given, found, or embedded."""
