"""The engine: one queue, one resizable limiter, one governor a budget; no barrier between batches."""
