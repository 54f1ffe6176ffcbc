"""What leaves the house: webhooks by Standard Webhooks, mail, robots of chat groups.

- `channel`: the port. `webhook`, `mail`, `bot`: one file an adapter; each instance is one destination.
- `fanout.fan_out`: rows for what is to be sent, in the intake's transaction: webhook deliveries by the endpoints'
  subscriptions, mails and robots' messages by the alert's routes. `personal`: by what each person asked for, of what
  they were told.
- `sender.Sender`: carries the rows out, a queue of its own for each destination; rows are the only memory.
- `endpoints`: webhook endpoints added, listed, rotated, disabled, replayed; for the command line and the page.
- `words/`: templates in both languages, as data.

Mails and robots' messages say the kind of warning and how grave it is: no name, number or amount. A webhook carries
the alert as the topic does, which has no name or phone number either.
"""
