"""What reaches a person at once: the log of pushes as server-sent events, and who is to be bothered when.

- `hub.Hub`: open pages wait on it; `committed(receivers)` wakes them after a commit, `events(receiver, after=n)` goes
  on behind number n, from the store first, then live. `sse.stream` writes them to an HTTP response.
- `receivers.people_of`: whose pages a route (`rm:ID`, `branch:ID`, `manager:ID`) reaches. The receiver of a push is
  always a staff id.
- `deciding.decide`: writes pushes, hold-backs and storm summaries of new alerts in the intake's transaction.
- `releasing.release_due`: digests after quiet hours, what there is room for, summaries of storms; by rows, so that it
  survives restarts.

No push holds a name, a number or an amount: ids, kinds, severities and counts of episodes only.
"""
