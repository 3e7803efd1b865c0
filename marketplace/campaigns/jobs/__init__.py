"""What campaigns do by themselves when its time has come."""
