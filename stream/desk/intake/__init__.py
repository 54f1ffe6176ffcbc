"""Topics into rows: committed records only, and the next offsets in the transaction of the rows.

`reading.Source` owns an aiokafka consumer that is a member of no group: it is assigned every partition and goes on from
the positions in the store. A Faust agent would keep its positions in the broker, apart from the rows, and after a kill
its group would wait for the dead member before anybody reads again. `edge.Edge` reads records, `writing.Writer` turns
them into rows, a file a topic, and `loop.Intake` is the loop: it stops while the database is away and goes on.
"""
