"""What operators do from outside a worker: watch, ask, command, read and send dead letters again."""
