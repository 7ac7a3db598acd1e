"""A Hypothesis state machine of customers: whatever happens on either side, I4, I5, I7 hold and no field is lost."""
