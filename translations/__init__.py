"""The sentences of the site: messages.pot, and a catalogue for each language but English."""
