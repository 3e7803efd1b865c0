"""What people say to each other in public, and whom they follow; what about is a type and an id."""
