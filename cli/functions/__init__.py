"""Functions as their authors have them: folders and files, templates, versions and what differs between them."""
