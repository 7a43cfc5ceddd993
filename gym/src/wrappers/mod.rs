//! Transforms of a batch that are themselves a batch.
