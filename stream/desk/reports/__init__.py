"""What a manager sees: queries that read and return frozen structs; pages and files are made of them elsewhere.

- `scope.Scope` and `Period`: whose branches, and from when to when; who may ask is decided before (`web`'s access).
- `workload`: open and overdue by RM. `response`: time from warning to first contact. `outcomes`: saved and lost by
  reason, as customers and as RMs say. `alarms`: share of false alarms by kind. `relations`: health and contacts by RM.
- `retention`: the month against the month before, by class, segment, industry and product, with deposits and loans,
  and lost against key customers. `closing` keeps a month's figures as they stood when it ended.
- `tables`: any of them as rows, for a file.
- `lists`, `checking`, `listing`: a manager's list of customers, read and checked with a fault a line, and assigned.

Money is in minor units of the base currency, `value` of an episode in units a year; times are epoch ms.
"""
