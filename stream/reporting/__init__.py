"""How reports look, whatever they tell: tables, charts and one self-contained page; on a terminal the same tables."""
