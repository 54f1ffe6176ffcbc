"""Ways to sign in: by the identity provider, and for development by choosing who to be."""
