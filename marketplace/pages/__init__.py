"""Public pages that show several domains at once, and the pages that explain the site."""
