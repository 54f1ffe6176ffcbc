"""Looks at a deployment from outside and says what is wrong and what mends it. Changes nothing."""
