"""The interface to other systems as one AsyncAPI document, made from the code."""
