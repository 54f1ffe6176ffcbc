"""The log on Kafka, and how every client of ours is made."""
