"""A made-up national graph: organisations, people, events, and errors planted among them."""
