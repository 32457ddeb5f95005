"""Categories: the labels of products and bundles, with what menus need."""
