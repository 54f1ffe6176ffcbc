"""The log on Kafka: a transactional producer a shard, the one consumer, and what is read whole."""
