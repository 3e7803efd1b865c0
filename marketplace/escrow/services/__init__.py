"""What escrow does, by use case: plan, dispatch, apply, receive, onboard, mirror, reconcile."""
