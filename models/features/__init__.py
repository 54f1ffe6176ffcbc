"""What the model sees of a customer: named figures from the rolling state, in a versioned set."""
