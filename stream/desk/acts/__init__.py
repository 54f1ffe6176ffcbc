"""How each command is carried out, a subject a file: rows and messages of one transaction."""
