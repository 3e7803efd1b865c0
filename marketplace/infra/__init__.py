"""The floor under every domain: database, jobs, events, mail, files, settings. No request in it."""
