"""A case as a package that stands alone: a BagIt folder, its dossier, and the check that it is whole."""
