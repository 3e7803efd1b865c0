"""Pictures: checked by their content, drawn anew, stripped of metadata, served for ever."""
