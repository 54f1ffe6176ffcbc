"""More partitions: every keyed topic copied into a wider layout under a prefix of its own, the old one left as it is.

`family` says where a key's records go, `survey` what there is and where everybody stands, `copying` carries records
over in transactions, `verify` compares, `run` is the whole of it.
"""
