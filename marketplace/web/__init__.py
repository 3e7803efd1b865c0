"""What every page needs and no domain owns: guards, forms, errors, rendering, locale."""
