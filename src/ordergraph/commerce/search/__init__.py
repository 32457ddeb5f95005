"""Search: finding products and bundles by text."""
