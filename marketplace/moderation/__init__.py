"""Cases that people decide on, whatever they are about: opened, decided, undone, appealed against.

The package knows no other domain: a subject is a type and an id. Who needs a case opens one in
its own transaction; what was decided is announced when it takes effect.
"""
