"""Rules and policy measured on history whose end is known: precision, recall, lead time, volume and cost."""
