"""The scoreboard: history through the very shards and learner of the live service, beside models fitted in one go."""
